import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatSize } from '../base/units.js';
import type { Shape } from '../batch/index.js';
import type { Partitioning } from '../component/index.js';
import { isMultiline } from '../formats/index.js';
import type { ChainPlan, MemoryQueueConfig, NodePlan, Pipeline, Plan, SegmentPlan } from '../plan/index.js';
import { routingLines } from './explain-routing.js';
import { Exit, type Io } from './io.js';
import { type LoadOptions, loadPipeline } from './load.js';
import { type Paint, painter, plural, table, wrap } from './render.js';

const WIDTH = 100;

/** `millrace explain`. */
export async function explainVerb(file: string, options: LoadOptions, io: Io): Promise<number> {
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return Exit.CONFIGURATION;
  const { pipeline, plan } = loaded;
  const paint = painter(io.out, io.env);
  const lines = [
    ...runtimeLines(pipeline, paint),
    ...plan.segments.flatMap((segment) => segmentLines(segment, plan, paint)),
    ...durableLines(plan, paint),
    ...routingLines(plan, paint),
    ...shapeLines(plan, paint),
  ];
  io.out.write(`${lines.join('\n')}\n`);
  return Exit.DONE;
}

function runtimeLines({ name, runtime, deadLetter }: Pipeline, paint: Paint): string[] {
  const { batch } = runtime;
  const threads = runtime.workers === 'auto' ? availableParallelism() : runtime.workers;
  const share =
    deadLetter.maxShare === undefined
      ? ''
      : `; the run stops when more than ${deadLetter.maxShare * 100} % fail`;
  return [
    `${paint('bold', 'pipeline')} ${name}`,
    ...indented([
      [
        'lanes',
        `${plural(threads, 'worker thread')}${runtime.workers === 'auto' ? ', one for each processor' : ''}`,
      ],
      [
        'batches',
        `about ${formatSize(batch.maxBytes)}, at most ${plural(batch.maxRecords, 'record')}, waiting up to ${batch.lingerMs} ms`,
      ],
      ['state', `checkpoints, dead letters and durable queues are in ${join(runtime.state, name)}${share}`],
    ]),
    '',
  ];
}

const WHEN_FULL: Readonly<Record<MemoryQueueConfig['whenFull'], string>> = {
  block: 'blocks when full',
  spill: 'spills to the disk when full',
  drop_newest: 'drop_newest when full',
  drop_oldest: 'drop_oldest when full',
};

function segmentLines(segment: SegmentPlan, plan: Plan, paint: Paint): string[] {
  const bytes = segment.inboxes.reduce((sum, { queue }) => sum + queue.maxBytes, 0);
  const queues = segment.inboxes.map(({ id, inputs, queue }) => [
    id,
    isRead(id, segment, plan) ? 'between the source and its trips' : `from ${inputs.join(', ')}`,
    `${queue.type}, ${formatSize(queue.maxBytes)}`,
    WHEN_FULL[queue.whenFull],
  ]);
  return [
    `${paint('bold', 'segment')} ${segment.id}: ${plural(segment.stages.length, 'stage')} in ${processesText(segment, plan)}`,
    '',
    ...segment.chains.flatMap((chain) => [...chainLines(chain, plan, paint), '']),
    `  ${paint('bold', 'queues')} hold ${formatSize(bytes)} at most, all together`,
    ...table(queues).map((line) => `    ${line}`),
    '',
  ];
}

/** In how many processes a segment may run: in several where all that it reads and writes are queues that these can share. */
function processesText({ stages, reads, writes }: SegmentPlan, plan: Plan): string {
  const queues = [...reads, ...writes].map((id) => plan.queues.get(id)!.queue);
  const hasSource = stages.some((id) => plan.stages.get(id)!.kind === 'source');
  if (hasSource || !queues.every(({ definition }) => definition.joinsProcesses)) return 'one process';
  const limits = queues
    .slice(0, reads.length)
    .map(({ definition, config }) =>
      definition.joinsProcesses === 'partitions' ? definition.partitioning(config).partitions : Infinity,
    );
  const most = Math.max(...limits);
  if (most === Infinity) return 'any number of processes, which share what is in its queue';
  return most === 1
    ? 'one process, since its queue has one partition'
    : `up to ${most} processes, which share the partitions of its queue`;
}

function isRead(id: string, { reads }: SegmentPlan, plan: Plan): boolean {
  return reads.includes(id) || plan.stages.get(id)?.kind === 'source';
}

/** The queues between the segments. */
function durableLines({ queues }: Plan, paint: Paint): string[] {
  if (queues.size === 0) return [];
  const rows = [...queues.values()].map(({ stage, queue, producers }) => [
    stage.id,
    queue.type,
    `from ${producers.map((id) => `segment ${id}`).join(', ')}`,
    partitioningText(queue.definition.partitioning(queue.config)),
  ]);
  const heading = `${paint('bold', 'durable queues')} join the segments, each of which has checkpoints of its own`;
  return [heading, ...table(rows).map((line) => `  ${line}`), ''];
}

function partitioningText({ partitions, key }: Partitioning): string {
  return `${plural(partitions, 'partition')}${key === undefined ? '' : ` by ${key}`}`;
}

function chainLines(chain: ChainPlan, plan: Plan, paint: Paint): string[] {
  const rows = chain.nodes.map((node, i) => [`${i + 1}`, node.kind, node.stage, ...nodeDetails(node, chain)]);
  const decoded = chain.nodes[0]!.kind === 'decode' ? columnLines(chain.nodes[0]!, plan) : [];
  return [
    `  ${paint('bold', 'chain')} ${chain.id}: one trip to a worker thread does all of this`,
    ...table(rows).map((line) => `    ${line}`),
    ...decoded.map((line) => `    ${line}`),
  ];
}

function nodeDetails(node: NodePlan, chain: ChainPlan): [string, string] {
  const from = node.inputs.length > 0 ? `of ${node.inputs.map((i) => nodeName(chain, i)).join(', ')}` : '';
  if (node.kind === 'decode') return [`as ${node.format!.type}${linesText(node)}`, from];
  if (node.kind === 'encode') return [`as ${node.format?.type ?? 'it is'}`, from];
  if (node.kind === 'send') return [node.partitioning ? 'into its durable queue' : 'into its queue', from];
  return [node.kind === 'receive' ? 'from its queue' : node.type, from];
}

/** Which lines are one record. */
function linesText({ framing }: NodePlan): string {
  if (framing === undefined || !isMultiline(framing)) return '';
  const { type, group } = framing.of;
  return `, lines that belong together by ${type}${group ? ` and then by ${group.type}` : ''}`;
}

function nodeName(chain: ChainPlan, index: number): string {
  return chain.nodes[index]!.stage;
}

/** Which columns the decoder makes: what no stage asks for is never decoded. */
function columnLines({ stage, wantedNames = [], wantsAll }: NodePlan, plan: Plan): string[] {
  const names = wantedNames.length > 0 ? wantedNames.join(', ') : 'none';
  const known = plan.shapes.get(stage)!;
  const rest = wantsAll ? '; all others go on as they are' : '';
  const of = known.open || wantsAll ? '' : ` (${wantedNames.length} of ${known.fields.size})`;
  return wrap(`columns that are looked into: ${names}${of}${rest}`, WIDTH);
}

function shapeLines(plan: Plan, paint: Paint): string[] {
  const rows = [...plan.shapes].map(([stage, shape]) => [stage, shapeText(shape)]);
  return [paint('bold', 'records that each stage puts out'), ...indented(rows)];
}

function shapeText({ fields, open }: Shape): string {
  const known = [...fields].map(([name, kind]) => `${name} ${kind}`);
  if (open) known.push(known.length > 0 ? 'and whatever else the data holds' : 'whatever the data holds');
  return known.join(', ') || 'no fields';
}

/** Two columns, the second wrapped under itself. */
function indented(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first!.length));
  return rows.flatMap(([first, second]) =>
    wrap(second!, WIDTH - width).map((line, i) => `  ${(i === 0 ? first! : '').padEnd(width)}  ${line}`),
  );
}
