import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type AdminViews, Recent } from '../admin/index.js';
import { nodeStorage } from '../base/storage.js';
import type { Pipeline, Plan } from '../plan/index.js';
import {
  Checkpoints,
  type NamedLetter,
  openQueues,
  PipelineLetters,
  type Run,
  type Taps,
} from '../runtime/index.js';
import { recordOf } from '../workers/index.js';
import { CATALOGUE } from './catalogue.js';
import { lagIn, queueAsJson } from './queue.js';

/** What runs now. After a reload it is another. */
export interface Current {
  readonly run: Run;
  readonly pipeline: Pipeline;
  readonly plan: Plan;
}

const DEFAULT_LETTERS = 50;
const MOST_LETTERS = 500;
/** Of a record, a list shows so much. */
const BEGINNING = 200;

/** What the server for operators shows of the run that goes on in this process. */
export function adminViews(current: () => Current | undefined, taps: Taps): AdminViews {
  let recent: { run: Run; look: Recent } | undefined;
  const delay = monitorEventLoopDelay();
  delay.enable();
  return {
    pipeline: () => {
      const now = current();
      if (!now) return undefined;
      if (recent?.run !== now.run) recent = { run: now.run, look: new Recent(() => now.run.observe()) };
      const { process, ...observed } = recent.look.look();
      return { ...observed, process: { ...process, eventLoopDelayMs: delay.percentile(99) / 1e6 } };
    },
    deadLetters: async (asked) => {
      const letters = await open(current());
      const limit = Math.min(MOST_LETTERS, Number(asked.get('limit') ?? DEFAULT_LETTERS) || DEFAULT_LETTERS);
      return letters && (await newest(letters.select(choiceOf(asked)), limit));
    },
    deadLetter: async (name) => {
      const letters = await open(current());
      for await (const found of letters?.select({ names: new Set([name]) }) ?? []) return letterAsJson(found);
      return undefined;
    },
    durableQueues: () => storedQueues(current()),
    taps,
  };
}

async function open(current: Current | undefined): Promise<PipelineLetters | undefined> {
  if (!current) return undefined;
  const { pipeline, plan, run } = current;
  return await PipelineLetters.open({ storage: nodeStorage, folder: run.stateFolder, pipeline }, plan);
}

/** A parameter may be given several times. */
function choiceOf(asked: URLSearchParams) {
  const of = (name: string) => asked.getAll(name).filter((value) => value !== '');
  const [stages, codes, sources] = [of('stage'), of('code'), of('source')];
  return {
    ...(stages.length > 0 && { stages }),
    ...(codes.length > 0 && { codes }),
    ...(sources.length > 0 && { sources }),
  };
}

/** The last ones that came, the newest first, and how many there are of the kind that was asked for. */
async function newest(found: AsyncIterable<NamedLetter>, limit: number) {
  const kept: NamedLetter[] = [];
  let count = 0;
  for await (const letter of found) {
    count++;
    kept.push(letter);
    if (kept.length > 2 * limit) kept.splice(0, kept.length - limit);
  }
  const time = ({ letter }: NamedLetter) => Date.parse(letter.time);
  const letters = kept.sort((a, b) => time(b) - time(a) || b.id - a.id).slice(0, limit);
  return { count, letters: letters.map((letter) => beginningOf(letterAsJson(letter))) };
}

function letterAsJson({ name, letter }: NamedLetter) {
  const { record_base64, ...rest } = letter;
  return {
    id: name,
    ...rest,
    ...(record_base64 !== undefined && { record_base64 }),
    bytes: recordOf(letter).length,
  };
}

function beginningOf(letter: ReturnType<typeof letterAsJson>) {
  const { record, record_base64, preamble_base64: _, ...rest } = letter;
  return {
    ...rest,
    ...(record !== undefined && { record: record.slice(0, BEGINNING) }),
    ...(record_base64 !== undefined && { record_base64: record_base64.slice(0, BEGINNING) }),
  };
}

async function storedQueues(current: Current | undefined) {
  if (!current || current.plan.queues.size === 0) return [];
  const { plan, run } = current;
  const place = { storage: nodeStorage, folder: run.stateFolder };
  const checkpoints = await Checkpoints.read(place);
  const definitions = [...CATALOGUE.queues.values()];
  const log = { info: () => {}, warn: () => {} };
  const queues = await openQueues({ ...place, plan, checkpoints, definitions, log });
  return queues.map((queue) =>
    queueAsJson(
      queue,
      queue.groups.map((group) => lagIn(queue, group)),
    ),
  );
}
