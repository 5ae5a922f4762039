import { nodeStorage } from '../../base/storage.js';
import type { SinkDefinition, StageLog } from '../../component/index.js';
import { type FormatConfig, formatNamed } from '../../formats/index.js';
import { detourThrough, type Pipeline, type Plan, planPipeline, type SegmentPlan } from '../../plan/index.js';
import type { Lanes } from '../../workers/index.js';
import type { CheckpointParts } from '../checkpointer.js';
import {
  keepsState,
  type LetterChoice,
  type NamedLetter,
  PipelineLetters,
  RangeCollector,
  type Ranges,
  resolveLetters,
} from '../dead-letters/index.js';
import { within } from '../dead-letters/ranges.js';
import { readState, resolve, writeState } from '../dead-letters/state.js';
import { runPart } from '../partial-run.js';
import { DEAD_LETTER_STAGE, PipelineState } from '../pipeline-state.js';
import { LETTERS_KEY, lettersSource } from './letters-source.js';

export interface ReplayLettersOptions {
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  /** `<runtime.state>/<pipeline>`. */
  readonly folder: string;
  readonly choice: LetterChoice;
  /** Makes another record of the original one. */
  readonly mapped: (record: Uint8Array) => Uint8Array;
  readonly createLanes: (plan: Pick<SegmentPlan, 'chains'>) => Promise<Lanes>;
  readonly log: StageLog;
  /** Ends the replay after the letters that are on their way. */
  readonly signal: AbortSignal;
}

/** Letters that are left as they are. */
export interface LeftLetters {
  readonly reason: string;
  readonly letters: number;
}

export interface ReplayedLetters {
  /** Sent through their stages again. */
  readonly replayed: number;
  /** Of these, how many are dead letters again, under new numbers. */
  readonly failedAgain: number;
  readonly left: readonly LeftLetters[];
}

/** Letters that take the same way. */
interface Group {
  readonly segment: string;
  readonly source: string;
  readonly stage: string;
  readonly ids: RangeCollector;
  count: number;
}

/** The partition of records that a sink refused: their bytes are those that it was to write. */
const OUTPUT = 'output';

/**
 * Sends the original records of dead letters once more through the stages that refused them. A letter is gone with the checkpoint
 * that holds what became of it: it is in the outputs, or it is another dead letter. Throws MillraceError
 * `state_locked` while the pipeline runs.
 */
export async function replayLetters(options: ReplayLettersOptions): Promise<ReplayedLetters> {
  const { pipeline, plan, folder, log } = options;
  const place = { storage: nodeStorage, folder, pipeline };
  const letters = await PipelineLetters.open(place, plan);
  const { groups, left } = await groupsOf(letters, options);
  const segments = plan.segments.map(({ id }) => id);
  const state = keepsState(pipeline)
    ? await PipelineState.open({ storage: nodeStorage, folder, segments, log })
    : undefined;
  let replayed = 0;
  let failedAgain = 0;
  try {
    for (const group of groups) {
      const outcome = await replayGroup(group, letters, state, options);
      replayed += outcome.replayed;
      failedAgain += outcome.failedAgain;
    }
  } finally {
    await state?.close();
  }
  return { replayed, failedAgain, left };
}

async function groupsOf(
  letters: PipelineLetters,
  { plan, choice }: ReplayLettersOptions,
): Promise<{ groups: readonly Group[]; left: readonly LeftLetters[] }> {
  const groups = new Map<string, Group>();
  const left = new Map<string, number>();
  for await (const stored of letters.select(choice)) {
    const reason = whyLeft(stored, plan);
    if (reason !== undefined) left.set(reason, (left.get(reason) ?? 0) + 1);
    else addTo(groups, stored);
  }
  return {
    groups: [...groups.values()],
    left: [...left].map(([reason, count]) => ({ reason, letters: count })),
  };
}

function addTo(groups: Map<string, Group>, { segment, id, letter }: NamedLetter): void {
  const { source, stage } = letter;
  const key = JSON.stringify([segment, source, stage]);
  const group = groups.get(key) ?? { segment, source, stage, ids: new RangeCollector(), count: 0 };
  groups.set(key, group);
  group.ids.add(id);
  group.count++;
}

/** Why a letter cannot be replayed; undefined where it can. */
function whyLeft({ segment, letter }: NamedLetter, plan: Plan): string | undefined {
  const { source, stage, code } = letter;
  const own = plan.segments.find(({ id }) => id === segment);
  if (!plan.stages.has(stage)) return `the pipeline has no stage "${stage}" any more`;
  if (!own?.stages.includes(stage)) return `"${stage}" belongs to another segment now`;
  if (code === 'line_too_long') return 'only the beginning of the record was kept: it was too long';
  if (source === stage && letter.partition === OUTPUT) return whySinkCannot(stage, plan);
  const from = plan.stages.get(source);
  return from?.kind === 'source' ? undefined : `the pipeline has no source "${source}" any more`;
}

function whySinkCannot(sink: string, plan: Plan): string | undefined {
  const { definition, config } = plan.stages.get(sink)!;
  const format = config.format as FormatConfig;
  const isLines = formatNamed(format.type)?.encoder?.framing(format) !== 'batches';
  const isNamed = (definition as SinkDefinition).path?.(config) !== undefined;
  return isLines && !isNamed ? undefined : `"${sink}" refused a whole batch, not single records`;
}

async function replayGroup(
  group: Group,
  letters: PipelineLetters,
  state: PipelineState | undefined,
  options: ReplayLettersOptions,
): Promise<{ replayed: number; failedAgain: number }> {
  const { pipeline, folder, mapped, createLanes, log, signal } = options;
  const { segment, source, stage, ids } = group;
  const names = namesIn(ids.ranges, (id) => letters.nameOf(segment, id));
  const from = pipeline.stages.find(({ id }) => id === source)!.definition;
  const readsMessages = from.kind === 'source' && from.readsMessages === true;
  const definition = lettersSource(() => letters.select({ names }), mapped, readsMessages);
  const derived =
    source === stage && pipeline.stages.find(({ id }) => id === stage)?.kind === 'sink'
      ? intoSink(pipeline, stage, definition)
      : detourThrough(pipeline, source, stage, definition);
  const { plan } = planPipeline(derived);
  const own = plan.segments.find(({ stages }) => stages.includes(stage))!;
  const lanes = await createLanes(own);
  try {
    const metrics = await runPart({
      ...{ plan, lanes, state, folder, log, signal },
      // However many fail again, each is looked at.
      pipeline: { ...derived, deadLetter: { maxBytes: pipeline.deadLetter.maxBytes } },
      segment: { ...own, id: segment },
      reads: new Map(),
      amend: (parts) => amended(parts, state!, group),
    });
    if (!state) {
      const done = new Map([[segment, ids.ranges]]);
      await resolveLetters({ storage: nodeStorage, folder, pipeline, log }, done);
    }
    const first = derived.stages.find(({ kind }) => kind === 'source')!.id;
    return { replayed: metrics.stage(first).recordsIn, failedAgain: metrics.deadLetters };
  } finally {
    await lanes.close();
  }
}

function namesIn(ranges: Ranges, nameOf: (id: number) => string): Set<string> {
  const names = new Set<string>();
  for (const [from, to] of ranges) for (let id = from; id < to; id++) names.add(nameOf(id));
  return names;
}

/** The bytes that a sink was to write come to it as lines, which it writes as they are. */
function intoSink(pipeline: Pipeline, sink: string, definition: ReturnType<typeof lettersSource>): Pipeline {
  const stage = pipeline.stages.find(({ id }) => id === sink)!;
  const lines = { type: 'lines', field: 'message' };
  const { queue: _, ...rest } = stage;
  const source = {
    ...rest,
    id: `${sink} letters`,
    kind: 'source' as const,
    type: 'letters',
    definition,
    config: { format: lines },
    inputs: [],
  };
  const target = { ...rest, config: { ...stage.config, format: lines }, inputs: [source.id] };
  return { ...pipeline, stages: [source, target] };
}

/** The pipeline's sources are where they were; what was replayed up to here is no dead letter any more. */
function amended({ sources, sinks }: CheckpointParts, state: PipelineState, group: Group): CheckpointParts {
  const last = state.store(group.segment).last;
  const reached = Object.values(sources).flatMap((keys) => keys[LETTERS_KEY] ?? [])[0];
  const done = typeof reached === 'number' ? within(group.ids.ranges, 0, reached + 1) : [];
  const letters = readState(sinks[DEAD_LETTER_STAGE])!;
  return {
    sources: { ...last?.sources },
    sinks: { ...last?.sinks, ...sinks, [DEAD_LETTER_STAGE]: writeState(resolve(letters, done)) },
  };
}
