import { formatSize } from '../base/units.js';
import { type Field, shownDefault } from '../config/index.js';
import type { DurableQueueConfig } from '../plan/index.js';
import { lagOf, nextFor, type PipelineQueue } from '../runtime/index.js';
import { Exit, type Io } from './io.js';
import { brief, queueOf, unitOf, withQueues } from './queue.js';
import { formatCount, type Paint, painter, table } from './render.js';
import type { StateOptions } from './state-folder.js';

/** `millrace queue show`. */
export function showQueue(file: string, stage: string, options: StateOptions, io: Io): Promise<number> {
  return withQueues(file, options, io, async ({ queues, plan }) => {
    io.out.write(`${lines(queueOf(queues, stage, plan), painter(io.out, io.env)).join('\n')}\n`);
    return Exit.DONE;
  });
}

function lines(queue: PipelineQueue, paint: Paint): string[] {
  const { stage, plan, producers, partitions, groups } = queue;
  const heads = [
    ['type', plan ? plan.queue.type : 'not in the file any more'],
    ['fed by', producers.join(', ')],
    ...(plan ? optionsOf(plan.queue) : []),
  ];
  const rows = partitions.map((partition) => {
    const { key, firstOffset, nextOffset, bytes, oldestMs } = partition;
    const offsets = [firstOffset, nextOffset, nextOffset - firstOffset].map(formatCount);
    const cells = [key, ...offsets, formatSize(bytes), brief(oldestMs)];
    const read = groups.flatMap((group) => [nextFor(group, partition), lagOf(group, partition)]);
    return [...cells, ...read.map(formatCount)];
  });
  const unit = unitOf(queue) === 'batch' ? 'batches' : 'records';
  const head = ['partition', 'first', 'next', unit, 'size', 'oldest'];
  const columns = [...head, ...groups.flatMap(({ name }) => [`${name}: committed`, 'lag'])];
  const right = new Set([1, 2, 3, 4, ...columns.slice(head.length).map((_, i) => head.length + i)]);
  const [first, ...rest] = table([columns, ...rows], right);
  return [
    paint('bold', `queue of ${stage}`),
    ...heads.map(([key, value]) => `  ${key!.padEnd(12)}${value}`),
    '',
    ...(rows.length > 0 ? [paint('bold', first!), ...rest] : ['nothing has been put in yet']),
  ];
}

/** The options as they would stand in YAML. */
function optionsOf({ definition, config }: DurableQueueConfig): [key: string, value: string][] {
  return definition.fields.flatMap((field) => {
    const value = config[field.name];
    return value === undefined ? [] : [[field.name, inYaml(field, value)]];
  });
}

function inYaml(field: Field, value: unknown): string {
  if (field.type.kind !== 'object') return String(shownDefault({ ...field, default: value }));
  const values = value as Readonly<Record<string, unknown>>;
  const parts = field.type.fields.filter(({ name }) => values[name] !== undefined);
  return `{ ${parts.map((part) => `${part.name}: ${inYaml(part, values[part.name])}`).join(', ')} }`;
}
