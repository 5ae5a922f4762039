import { MillraceError } from '../base/errors.js';
import { nearestName } from '../base/names.js';
import type { SocketAddress } from '../base/socket-address.js';
import type { Expression } from '../expression/index.js';
import { RecordEvaluator } from '../workers/index.js';
import { AdminClient } from './admin-client.js';
import { printable } from './dlq.js';
import { readExpression } from './eval.js';
import { Exit, type Io } from './io.js';
import { type Paint, painter } from './render.js';

export interface TapOptions {
  readonly connect: SocketAddress;
  readonly inputs?: boolean;
  readonly outputs?: boolean;
  readonly where?: string;
  readonly limit?: number;
  readonly format: 'json' | 'pretty';
}

/** `millrace tap`: shows records that pass a stage of a pipeline that runs. */
export async function tapVerb(stage: string, options: TapOptions, io: Io): Promise<number> {
  const where = options.where === undefined ? undefined : readExpression(options.where, io);
  if (options.where !== undefined && !where) return Exit.CONFIGURATION;
  const client = new AdminClient(options.connect, io);
  const { stages } = await client.pipeline();
  const names = stages.map(({ id }) => id);
  if (!names.includes(stage)) throw unknownStage(stage, names);
  const ending = new AbortController();
  const removeHandler = io.onSignal(() => ending.abort());
  try {
    await show(
      client.records(stage, options.inputs ? 'inputs' : 'outputs', ending.signal),
      where,
      options,
      io,
    );
    return Exit.DONE;
  } finally {
    ending.abort();
    removeHandler();
  }
}

async function show(
  records: AsyncIterable<string>,
  where: Expression | undefined,
  { limit = Number.POSITIVE_INFINITY, format }: TapOptions,
  io: Io,
): Promise<void> {
  const matches = where && matcherOf(where, (text) => io.err.write(`note: ${text}\n`));
  const paint = painter(io.out, io.env);
  let left = limit;
  for await (const record of records) {
    if (matches && !matches(record)) continue;
    // Escaped as JSON has it, so that a terminal obeys nothing in it.
    const safe = io.out.isTerminal ? printable(record) : record;
    await io.out.writeBytes(Buffer.from(`${format === 'json' ? safe : pretty(safe, paint)}\n`));
    if (--left <= 0) return;
  }
}

/** A field that none of so many records has is taken for a mistake. */
const FIRST_RECORDS = 100;

/**
 * Whether an expression is true for a record; one for which it fails is not. A person who waits for records learns why none comes.
 * @param note is told once of an expression that fails, and of fields that the first records do not have
 */
function matcherOf(where: Expression, note: (text: string) => void): (record: string) => boolean {
  const evaluator = new RecordEvaluator(where, { type: 'json' });
  const partition = { source: 'tap', name: 'records' };
  const missing = new Set(where.names);
  let hasFailed = false;
  let seen = 0;
  return (record) => {
    if (++seen <= FIRST_RECORDS)
      for (const name of missing) if (record.includes(`"${name}":`)) missing.delete(name);
    if (seen === FIRST_RECORDS && missing.size > 0)
      note(
        `no record so far has ${[...missing].map((name) => `"${name}"`).join(', ')}, which --where looks at`,
      );
    const bytes = Buffer.from(`${record}\n`);
    const [result] = evaluator.evaluate({ partition, bytes, offset: 0, readAtMs: Date.now() });
    if (result && 'failure' in result && !hasFailed) {
      hasFailed = true;
      note(`left out a record for which --where fails: ${result.failure}`);
    }
    return result !== undefined && 'json' in result && result.json === 'true';
  };
}

/** A field a line, and a line between records. */
function pretty(record: string, paint: Paint): string {
  const fields = Object.entries(JSON.parse(record) as Record<string, unknown>);
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `${paint('cyan', name.padEnd(width))}  ${printable(JSON.stringify(value))}\n`)
    .join('');
}

function unknownStage(stage: string, names: readonly string[]): MillraceError {
  const nearest = nearestName(stage, names);
  const hint = nearest === undefined ? `: it has ${names.join(', ')}` : ` (did you mean "${nearest}"?)`;
  return new MillraceError('unknown_stage', `the pipeline has no stage "${stage}"${hint}`, {
    blame: 'config',
  });
}
