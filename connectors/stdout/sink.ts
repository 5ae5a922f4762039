import type { Config, Sink, SinkContext } from '#component';

export function createStdoutSink(_config: Config, _context: SinkContext): Sink {
  throw new Error('not yet built');
}
