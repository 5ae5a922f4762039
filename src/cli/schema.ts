import { pipelineSchema, testFileSchema } from '../plan/index.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';

/** `millrace schema`. */
export function schemaVerb({ tests }: { readonly tests?: boolean }, io: Io): number {
  const schema = tests ? testFileSchema() : pipelineSchema(CATALOGUE);
  io.out.write(`${JSON.stringify(schema, undefined, 2)}\n`);
  return Exit.DONE;
}
