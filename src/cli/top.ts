import { setTimeout as wait } from 'node:timers/promises';
import type { ObservedPipeline } from '../admin/index.js';
import type { SocketAddress } from '../base/socket-address.js';
import { formatDurationMs, formatSize } from '../base/units.js';
import { isQueueId } from '../plan/index.js';
import { bottleneckText, quantileMs } from '../runtime/index.js';
import { AdminClient } from './admin-client.js';
import { Exit, type Io } from './io.js';
import { bar, clip, formatCount, formatRate, type Paint, painter, shortCount, table } from './render.js';

export interface TopOptions {
  readonly connect: SocketAddress;
  readonly once?: boolean;
}

const REDRAW_MS = 1000;
const FILL_WIDTH = 10;

/** `millrace top`: a pipeline that runs, at a glance, again and again until Ctrl-C or its end. */
export async function topVerb({ connect, once }: TopOptions, io: Io): Promise<number> {
  const client = new AdminClient(connect, io);
  const paint = painter(io.out, io.env);
  const ending = new AbortController();
  const removeHandler = io.onSignal(() => ending.abort());
  const first = await client.pipeline();
  const isDrawn = io.out.isTerminal && !once;
  try {
    let pipeline: ObservedPipeline | undefined = first;
    while (pipeline && !ending.signal.aborted) {
      const lines = topLines(pipeline, io.out.columns - 1, paint);
      io.out.write(`${isDrawn ? '\x1b[H\x1b[2J' : ''}${lines.join('\n')}\n`);
      if (!isDrawn) break;
      await wait(REDRAW_MS, undefined, { signal: ending.signal }).catch(() => {});
      // The run has ended; what was drawn last stays.
      pipeline = await client.pipeline().catch(() => undefined);
    }
    return Exit.DONE;
  } finally {
    removeHandler();
  }
}

/** The most wanted first: a narrow terminal cuts off the rest. */
const STAGE_HEAD = ['stage', 'in/s', 'out/s', 'dead', 'dropped', 'p99', 'bytes/s', 'records in', 'kind'];
const QUEUE_HEAD = ['queue of', 'fill', '', 'waits in it', 'oldest', 'lag'];

/** In lines of at most `columns` characters. */
function topLines(pipeline: ObservedPipeline, columns: number, paint: Paint): string[] {
  const { pipeline: name, elapsedMs, bottleneck, draining, process, deadLetters } = pipeline;
  const memory = formatSize(process.residentBytes);
  const busy = `${Math.round(process.eventLoopUtilization * 100)} % of the main thread`;
  const head = `${name}  ${formatDurationMs(elapsedMs)}  ${memory}  ${busy}  dead letters ${formatCount(deadLetters)}`;
  const stages = table([STAGE_HEAD, ...stageRows(pipeline)], new Set([1, 2, 3, 4, 5, 6, 7]));
  const queues = table([QUEUE_HEAD, ...queueRows(pipeline)], new Set([2, 3, 4, 5]));
  const limit = draining ? 'draining: finishing what was read' : `limited by ${bottleneckText(bottleneck)}`;
  const marked = (line: string) =>
    bottleneck && line.startsWith(`${bottleneck.stage} `) ? paint('yellow', line) : line;
  return [
    paint('bold', clip(head, columns)),
    paint('yellow', clip(limit, columns)),
    '',
    paint('bold', clip(stages[0]!, columns)),
    ...stages.slice(1).map((line) => marked(clip(line, columns))),
    '',
    paint('bold', clip(queues[0]!, columns)),
    ...queues.slice(1).map((line) => clip(line, columns)),
  ];
}

function stageRows({ stages, rates }: ObservedPipeline): string[][] {
  return stages.map(({ id, kind, recordsIn, dropped, droppedByQueue, deadLettered, bytes, latency }) => {
    const rate = rates[id]!;
    const p99 = latency && quantileMs(latency, 0.99);
    return [
      id,
      shortCount(rate.recordsIn),
      shortCount(rate.recordsOut),
      formatCount(deadLettered),
      formatCount(dropped + droppedByQueue),
      p99 === undefined ? '' : p99 === Number.POSITIVE_INFINITY ? '> 10 s' : `${p99} ms`,
      bytes === undefined ? '' : formatRate(rate.bytes),
      formatCount(recordsIn),
      kind,
    ];
  });
}

function queueRows({ queues, durableQueues }: ObservedPipeline): string[][] {
  const inMemory = queues.map(({ id, segment, usedBytes, limitBytes, queuedBytes, oldestAgeMs }) => {
    const share = usedBytes / limitBytes;
    const oldest = oldestAgeMs > 0 ? formatDurationMs(oldestAgeMs) : '';
    const name = isQueueId(id) ? `${id} (${segment})` : id;
    return [
      name,
      bar(share, FILL_WIDTH),
      `${Math.round(share * 100)} %`,
      formatSize(queuedBytes),
      oldest,
      '',
    ];
  });
  const durable = durableQueues.map(({ stage, type, waiting }) => {
    return [`${stage} (${type})`, '', '', '', '', waiting === undefined ? '' : formatCount(waiting)];
  });
  return [...inMemory, ...durable];
}
