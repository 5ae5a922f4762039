import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Chunk, Config, Outlet, Positions, Source, StageContext } from '#component';
import { ACCESS_LINE_BYTES, accessLog } from './access-log.js';
import { APP_LINE_BYTES, appLog } from './app-log.js';

/** How many records are skipped before others get their turn. */
const SKIPPED_AT_ONCE = 10_000;

interface GenerateOptions {
  readonly kind: 'access_log' | 'app_json';
  readonly seed: number;
  readonly startMs: number;
  readonly count: number;
  readonly ratePerSecond: number | undefined;
  readonly durationMs: number;
}

export function createGenerateSource(config: Config, context: StageContext): Source {
  const options: GenerateOptions = {
    kind: config.kind as GenerateOptions['kind'],
    seed: config.seed as number,
    startMs: config.start_time as number,
    count: (config.count as number | undefined) ?? Number.POSITIVE_INFINITY,
    ratePerSecond: config.rate as number | undefined,
    durationMs: (config.duration as number | undefined) ?? Number.POSITIVE_INFINITY,
  };
  return {
    read: (outlet, signal, from) => generate(options, context.stage, outlet, signal, from),
    close: () => Promise.resolve(),
  };
}

async function* generate(
  options: GenerateOptions,
  source: string,
  outlet: Outlet,
  signal: AbortSignal,
  from: Positions,
): AsyncGenerator<Chunk> {
  const { kind, seed, startMs } = options;
  const nextLine = kind === 'app_json' ? appLog(seed, startMs) : accessLog(seed, startMs);
  const longest = kind === 'app_json' ? APP_LINE_BYTES : ACCESS_LINE_BYTES;
  const before = from.get(kind) as { made: number; offset: number } | undefined;
  const pace = new Pace(options, before?.made ?? 0);
  const partition = { source, name: kind };
  let offset = before?.offset ?? 0;
  // The generator comes to the same state only by the same way.
  for (let made = 0; made < pace.made; made++) {
    nextLine();
    if (made % SKIPPED_AT_ONCE === 0) await turn();
  }
  while (!signal.aborted && pace.left() > 0) {
    if (pace.due() === 0) {
      // An abort only ends the wait.
      await sleep(Math.max(pace.waitMs(), outlet.lingerMs), undefined, { signal }).catch(() => {});
      continue;
    }
    const size = Math.max(outlet.batchBytes, longest);
    const buffer = await outlet.lend(size);
    const { text, records } = linesOf(nextLine, pace.due(), size - longest);
    const bytes = new Uint8Array(buffer, 0, Buffer.from(buffer).write(text, 'latin1'));
    pace.made += records;
    const resume = { key: kind, position: { made: pace.made, offset: offset + bytes.length } };
    yield { partition, bytes, offset, readAtMs: Date.now(), resume };
    offset += bytes.length;
  }
}

/** At least one line and at most `maxRecords`, until they are longer than `enoughBytes`. */
function linesOf(
  nextLine: () => string,
  maxRecords: number,
  enoughBytes: number,
): { text: string; records: number } {
  let text = '';
  let records = 0;
  do {
    text += nextLine();
    records++;
  } while (records < maxRecords && text.length <= enoughBytes);
  return { text, records };
}

/** How many records are to be made now. A rate with a duration gives an exact number of records. */
class Pace {
  /** In all runs. */
  made: number;
  private readonly madeBefore: number;
  private readonly total: number;
  private readonly ratePerSecond: number | undefined;
  private readonly endMs: number;
  private readonly startMs = performance.now();

  constructor({ count, ratePerSecond, durationMs }: GenerateOptions, madeBefore: number) {
    this.made = madeBefore;
    this.madeBefore = madeBefore;
    this.ratePerSecond = ratePerSecond;
    this.total =
      ratePerSecond === undefined ? count : Math.min(count, Math.floor((ratePerSecond * durationMs) / 1000));
    this.endMs = ratePerSecond === undefined ? this.startMs + durationMs : Number.POSITIVE_INFINITY;
  }

  left(): number {
    return performance.now() < this.endMs ? this.total - this.made : 0;
  }

  due(): number {
    if (this.ratePerSecond === undefined) return this.left();
    const elapsedMs = performance.now() - this.startMs;
    const due = this.madeBefore + Math.floor((elapsedMs * this.ratePerSecond) / 1000);
    return Math.min(this.total, due) - this.made;
  }

  waitMs(): number {
    if (this.ratePerSecond === undefined) return 0;
    return (
      ((this.made - this.madeBefore + 1) * 1000) / this.ratePerSecond - (performance.now() - this.startMs)
    );
  }
}
