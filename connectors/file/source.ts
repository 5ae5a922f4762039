import type { Config, Source, StageContext } from '#component';

export function createFileSource(_config: Config, _context: StageContext): Source {
  throw new Error('not yet built');
}
