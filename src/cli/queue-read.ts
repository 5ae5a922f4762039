import type { Block, SinkDefinition } from '../component/index.js';
import { makeSink } from '../plan/index.js';
import { CATALOGUE } from './catalogue.js';
import type { Io } from './io.js';
import { queueOf, withQueues } from './queue.js';
import { checkedSink, type ReadOptions, readInto, reportRead } from './stored-run.js';

export interface QueueReadOptions extends ReadOptions {
  readonly limit?: number;
}

/** `millrace queue read`. */
export function readQueue(file: string, stage: string, options: QueueReadOptions, io: Io): Promise<number> {
  return withQueues(file, options, io, async (open) => {
    const enough = new AbortController();
    const printed = printedRecords(io, options.limit ?? Number.POSITIVE_INFINITY, () => enough.abort());
    const sink = checkedSink(
      makeSink(
        { type: printed.name, format: 'json' },
        {
          id: 'output',
          name: 'output',
          catalogue: { ...CATALOGUE, sinks: new Map([[printed.name, printed]]) },
        },
      ),
    );
    return reportRead(
      await readInto(sink, queueOf(open.queues, stage, open.plan), options, open, io, enough),
      io,
    );
  });
}

const NEWLINE = 10;

/** A sink that prints the first so many records, and then says that it has enough. */
function printedRecords(io: Io, limit: number, enough: () => void): SinkDefinition {
  const stdout = CATALOGUE.sinks.get('stdout')!;
  let left = limit;
  const write = async ({ bytes, records }: Block): Promise<void> => {
    if (left === 0) return;
    await io.out.writeBytes(records > left ? firstLines(bytes, left) : bytes);
    left = Math.max(0, left - records);
    if (left === 0) enough();
  };
  const prepare = async () => ({ state: null, durable: async () => {} });
  return { ...stdout, create: () => ({ open: async () => null, write, prepare, close: async () => {} }) };
}

function firstLines(bytes: Uint8Array, count: number): Uint8Array {
  let end = 0;
  for (let line = 0; line < count; line++) end = bytes.indexOf(NEWLINE, end) + 1;
  return bytes.subarray(0, end);
}
