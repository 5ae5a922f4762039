import type { ObservedPipeline } from '../admin/recent.js';

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
  history.replaceState(null, '', location.pathname);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN);
  const headers: HeadersInit = token === null ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(path, { headers, ...(signal && { signal }) });
  if (response.status === 401) throw new Unauthorized();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function askJson<T>(path: string): Promise<T> {
  return (await (await ask(path)).json()) as T;
}

export const pipeline = (): Promise<ObservedPipeline> => askJson('/api/pipeline');
export const queues = (): Promise<DurableQueue[]> => askJson('/api/queues');
export const letter = (id: string): Promise<Letter> => askJson(`/api/dead-letters/${encodeURIComponent(id)}`);

export function letters(choice: Readonly<Record<string, string>>): Promise<Letters> {
  return askJson(`/api/dead-letters?${new URLSearchParams(choice)}`);
}

/** Some records that pass a stage now, each on a line; fewer where none come until the signal aborts. */
export async function records(
  stage: string,
  side: string,
  onRecord: (record: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = new URLSearchParams({ of: side, limit: '10' });
  const { body } = await ask(`/api/stages/${encodeURIComponent(stage)}/records?${query}`, signal);
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onRecord(line);
  }
}
