import { pipelineSchema } from '../plan/index.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';

/** `millrace schema`. */
export function schemaVerb(io: Io): number {
  io.out.write(`${JSON.stringify(pipelineSchema(CATALOGUE), undefined, 2)}\n`);
  return Exit.DONE;
}
