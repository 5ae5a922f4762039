import type { ServerResponse } from 'node:http';
import { redact } from '../base/secrets.js';
import type { StageObservation, TapSide, Taps } from '../runtime/index.js';

/** Which records are asked for, and how many. */
export interface TapChoice {
  readonly stage: string;
  readonly side: TapSide;
  readonly limit: number;
}

const SIDES = ['inputs', 'outputs'] as const;
/** A source puts records out, and a sink gets them, whatever is asked for. */
const ONLY_SIDE: Readonly<Record<string, TapSide>> = { source: 'outputs', sink: 'inputs' };

/** What a query asks for, as `of` and `limit`; or what is wrong with it. */
export function readTapChoice(
  { id, kind }: Pick<StageObservation, 'id' | 'kind'>,
  asked: URLSearchParams,
): TapChoice | string {
  const of = asked.get('of') ?? 'outputs';
  const side = SIDES.find((one) => one === of);
  if (!side) return `of: expected one of ${SIDES.join(', ')}, found "${of}"`;
  const limit = Number(asked.get('limit') ?? Number.POSITIVE_INFINITY);
  if (!(limit >= 1)) return `limit: expected a number from 1, found "${asked.get('limit')}"`;
  return { stage: id, side: ONLY_SIDE[kind] ?? side, limit };
}

/**
 * Writes the records that pass a stage as NDJSON, until there are enough of them or the reader goes. A reader who is slow
 * misses some: nobody waits for him.
 */
export function streamRecords(taps: Taps, { stage, side, limit }: TapChoice, response: ServerResponse): void {
  let left = limit;
  const close = taps.open(stage, side, (records) => {
    if (response.writableNeedDrain || response.writableEnded) return;
    const chosen = records.slice(0, left);
    left -= chosen.length;
    response.write(redact(chosen.map((record) => `${record}\n`).join('')));
    if (left <= 0) response.end();
  });
  response.on('close', close);
  response.flushHeaders();
}
