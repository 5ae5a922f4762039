import type { HistorySample } from '../admin/history.js';
import type { ObservedPipeline } from '../admin/recent.js';

export type { HistorySample, StageSample } from '../admin/history.js';
export type { ObservedPipeline } from '../admin/recent.js';
export type Stage = ObservedPipeline['stages'][number];
export type Queue = ObservedPipeline['queues'][number];

export interface Letter {
  readonly id: string;
  readonly time: string;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly source: string;
  readonly partition: string;
  readonly offset: number;
  readonly attempts: number;
  readonly bytes: number;
  readonly record?: string;
  readonly record_base64?: string;
}

export interface Letters {
  readonly count: number;
  readonly letters: readonly Letter[];
  /** With it, what comes later is not among them. */
  readonly before: readonly string[];
  /** How many dead letters each has, whatever was asked for. */
  readonly stages: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
}

export type LetterAction = 'replay' | 'discard';

/** What became of letters that were acted upon. */
export interface Acted {
  readonly discarded?: number;
  readonly replayed?: number;
  readonly failedAgain?: number;
  readonly left?: readonly { readonly reason: string; readonly letters: number }[];
}

export interface DurableQueue {
  readonly stage: string;
  readonly producers: readonly string[];
  readonly partitions: readonly {
    readonly partition: string;
    readonly records: number;
    readonly bytes: number;
    readonly oldest?: string;
  }[];
  readonly groups: readonly { readonly name: string; readonly lag: number }[];
}

/** Nobody is let in without a token. */
export class Unauthorized extends Error {}

const TOKEN = 'millrace-token';

/** Of this tab alone. The address may bring it along, as `#token=…`, from where it goes at once. */
export function takeToken(): void {
  const [, token] = /^#token=(.+)$/.exec(location.hash) ?? [];
  if (token === undefined) return;
  keepToken(decodeURIComponent(token));
  window.history.replaceState(null, '', location.pathname);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN);
  const headers = { ...init.headers, ...(token !== null && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401) throw new Unauthorized();
  if (!response.ok) throw new Error(await reasonIn(response));
  return response;
}

async function reasonIn(response: Response): Promise<string> {
  try {
    return ((await response.json()) as { error: { message: string } }).error.message;
  } catch {
    return `${response.url}: ${response.status}`;
  }
}

async function askJson<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await ask(path, init)).json()) as T;
}

export const pipeline = (): Promise<ObservedPipeline> => askJson('/api/pipeline');
export const history = (afterMs: number): Promise<HistorySample[]> =>
  askJson(`/api/history?after=${afterMs}`);
export const queues = (): Promise<DurableQueue[]> => askJson('/api/queues');
export const letter = (id: string): Promise<Letter> => askJson(`/api/dead-letters/${encodeURIComponent(id)}`);

export function letters(choice: Readonly<Record<string, string>>): Promise<Letters> {
  return askJson(`/api/dead-letters?${new URLSearchParams(choice)}`);
}

/** Settles when the pipeline has stood still, and goes on. */
export function act(action: LetterAction, asked: object): Promise<Acted> {
  return askJson(`/api/dead-letters/${action}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(asked),
  });
}

/** Some records that pass a stage now, each on a line; fewer where none come until the signal aborts. */
export async function records(
  stage: string,
  side: string,
  onRecord: (record: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = new URLSearchParams({ of: side, limit: '10' });
  const { body } = await ask(`/api/stages/${encodeURIComponent(stage)}/records?${query}`, { signal });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onRecord(line);
  }
}
