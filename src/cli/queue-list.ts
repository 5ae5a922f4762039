import { formatSize } from '../base/units.js';
import { nextFor, type PipelineQueue, type QueueGroup } from '../runtime/index.js';
import { Exit, type Io } from './io.js';
import { brief, lagIn, queueAsJson, unitOf, withQueues } from './queue.js';
import { formatCount, type Paint, painter, plural, table } from './render.js';
import type { StateOptions } from './state-folder.js';

export interface QueueListOptions extends StateOptions {
  readonly format: 'table' | 'json';
}

/** `millrace queue list`. */
export function listQueues(file: string, options: QueueListOptions, io: Io): Promise<number> {
  return withQueues(file, options, io, async ({ queues }) => {
    if (options.format === 'json') {
      for (const queue of queues) {
        const lags = queue.groups.map((group) => lagIn(queue, group));
        io.out.write(`${JSON.stringify(queueAsJson(queue, lags))}\n`);
      }
    } else if (queues.length === 0) {
      io.out.write('no durable queues: "queue: disk" gives a stage one\n');
    } else {
      io.out.write(`${lines(queues, painter(io.out, io.env)).join('\n')}\n`);
    }
    return Exit.DONE;
  });
}

const HEAD = ['queue', 'fed by', 'partitions', 'records', 'size', 'oldest', 'group', 'committed', 'lag'];
const RIGHT = new Set([2, 3, 4, 7, 8]);

function lines(queues: readonly PipelineQueue[], paint: Paint): string[] {
  const rows = queues.flatMap((queue) => {
    const [first, ...others] = queue.groups.map((group) => groupCells(queue, group));
    return [[...queueCells(queue), ...first!], ...others.map((cells) => ['', '', '', '', '', '', ...cells])];
  });
  const [head, ...rest] = table([HEAD, ...rows], RIGHT);
  const removed = queues.filter(({ plan }) => !plan).map(({ stage }) => stage);
  const note = removed.length > 0 ? ['', `not in the file any more: ${removed.join(', ')}`] : [];
  return [paint('bold', head!), ...rest, ...note];
}

function queueCells({ stage, producers, partitions }: PipelineQueue): string[] {
  const sum = (of: (partition: (typeof partitions)[number]) => number) =>
    partitions.reduce((total, partition) => total + of(partition), 0);
  const oldest = partitions.flatMap(({ oldestMs }) => oldestMs ?? []);
  return [
    stage,
    producers.join(', '),
    String(partitions.length),
    amount(
      sum(({ firstOffset, nextOffset }) => nextOffset - firstOffset),
      unitOf({ partitions }),
    ),
    formatSize(sum(({ bytes }) => bytes)),
    oldest.length > 0 ? brief(Math.min(...oldest)) : '',
  ];
}

/** Where it is not records, the word stands beside the number. */
function amount(count: number, unit: ReturnType<typeof unitOf>): string {
  return unit === 'record' ? formatCount(count) : plural(count, unit);
}

/** Of several partitions each has an offset of its own, which `show` shows. */
function groupCells(queue: PipelineQueue, group: QueueGroup): string[] {
  const [only, ...others] = queue.partitions;
  const committed = only && others.length === 0 ? formatCount(nextFor(group, only)) : '';
  return [group.name, committed, amount(lagIn(queue, group), unitOf(queue))];
}
