import { existsSync } from 'node:fs';
import { MillraceError } from '../base/errors.js';
import { nodeStorage } from '../base/storage.js';
import { makeSink } from '../plan/index.js';
import { workerCount } from '../workers/index.js';
import { CATALOGUE } from './catalogue.js';
import { Exit, type Io } from './io.js';
import { queueOf, withQueues } from './queue.js';
import { plural } from './render.js';
import { checkedSink, type ReadOptions, readInto, reportRead } from './stored-run.js';

export interface QueueExportOptions extends Omit<ReadOptions, 'workers'> {
  readonly format: 'json' | 'arrow' | 'parquet';
  readonly output: string;
}

/** `millrace queue export`. */
export function exportQueue(
  file: string,
  stage: string,
  options: QueueExportOptions,
  io: Io,
): Promise<number> {
  return withQueues(file, options, io, async (open) => {
    const { format, output } = options;
    const queue = queueOf(open.queues, stage, open.plan);
    if (existsSync(output)) throw notWritable(`${output} is there already, and is not overwritten`);
    const sink = checkedSink(
      makeSink(
        { type: 'file', path: literal(output), format },
        { id: 'output', name: '--output', catalogue: CATALOGUE },
      ),
    );
    const stopping = new AbortController();
    const workers = workerCount(open.pipeline.runtime.workers);
    const outcome = await readInto(sink, queue, { ...options, workers }, open, io, stopping);
    const { recordsOut } = outcome.metrics.stage(sink.id);
    if (recordsOut > 0) await makeDurable(output);
    io.err.write(`${plural(recordsOut, 'record')} written to ${output}\n`);
    const code = reportRead(outcome, io);
    if (!stopping.signal.aborted) return code;
    io.err.write('warning: it was stopped before the end\n');
    return Exit.FAILED;
  });
}

/** The records may be given up next, so the file is safe on the disk before anything says that it is written. */
async function makeDurable(path: string): Promise<void> {
  const file = await nodeStorage.open(path, 'write');
  try {
    if ((await file.stat()).isFile) await file.datasync();
  } finally {
    await file.close();
  }
}

/** A path in which no part is filled in. */
function literal(path: string): string {
  return path.replaceAll('%', '%%').replaceAll('{', '{{').replaceAll('}', '}}');
}

function notWritable(message: string): MillraceError {
  return new MillraceError('output_not_writable', message, { blame: 'config' });
}
