import { setTimeout as sleep } from 'node:timers/promises';
import type { Chunk, Config, Outlet, Positions, Resume, Source, StageContext } from '#component';
import { ACCESS_LINE_BYTES, accessLog } from './access-log.js';
import { APP_LINE_BYTES, appLog } from './app-log.js';
import type { LinesState } from './lines.js';

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
    read: (outlet, signal, from) => generate(options, context.stage, { outlet, signal, from }),
    close: () => Promise.resolve(),
  };
}

/** How far the records have been made. Plain JSON data, for checkpoints. */
interface Position extends LinesState {
  readonly made: number;
  readonly offset: number;
  /** How much of the duration is over, where it says when to end. */
  readonly elapsedMs?: number;
}

async function* generate(
  options: GenerateOptions,
  source: string,
  { outlet, signal, from }: { outlet: Outlet; signal: AbortSignal; from: Positions },
): AsyncGenerator<Chunk> {
  const { kind, seed, startMs } = options;
  // Of other records nothing has been made.
  const key = `${kind}:${seed}:${startMs}`;
  const before = from.get(key) as unknown as Position | undefined;
  const lines = (kind === 'app_json' ? appLog : accessLog)(seed, startMs, before);
  const longest = kind === 'app_json' ? APP_LINE_BYTES : ACCESS_LINE_BYTES;
  const pace = new Pace(options, before);
  const partition = { source, name: kind };
  let offset = before?.offset ?? 0;
  const resume = (): Resume => ({ key, position: { ...lines.state(), offset, ...pace.position() } });
  while (!signal.aborted && pace.left() > 0) {
    if (pace.due() === 0) {
      // An abort only ends the wait.
      await sleep(Math.max(pace.waitMs(), outlet.lingerMs), undefined, { signal }).catch(() => {});
      continue;
    }
    const size = Math.max(outlet.batchBytes, longest);
    const buffer = await outlet.lend(size);
    const { text, records } = linesOf(lines.next, pace.due(), size - longest);
    const bytes = new Uint8Array(buffer, 0, Buffer.from(buffer).write(text, 'latin1'));
    pace.made += records;
    const start = offset;
    offset += bytes.length;
    yield { partition, bytes, offset: start, readAtMs: Date.now(), resume: resume() };
  }
  // Else a run that comes after the end would go on for the time since the last record.
  if (!signal.aborted && pace.isTimed) {
    yield { partition, bytes: new Uint8Array(0), offset, readAtMs: Date.now(), resume: resume() };
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
  /** The duration, and not a number of records, says when to end. */
  readonly isTimed: boolean;
  private readonly madeBefore: number;
  private readonly total: number;
  private readonly ratePerSecond: number | undefined;
  private readonly durationMs: number;
  /** When the first run would have begun, had there been no time between the runs. */
  private readonly startMs: number;

  constructor({ count, ratePerSecond, durationMs }: GenerateOptions, before: Position | undefined) {
    this.made = before?.made ?? 0;
    this.madeBefore = this.made;
    this.ratePerSecond = ratePerSecond;
    this.isTimed = ratePerSecond === undefined && durationMs < Number.POSITIVE_INFINITY;
    this.total =
      ratePerSecond === undefined ? count : Math.min(count, Math.floor((ratePerSecond * durationMs) / 1000));
    this.durationMs = durationMs;
    this.startMs = performance.now() - (before?.elapsedMs ?? 0);
  }

  position(): Pick<Position, 'made' | 'elapsedMs'> {
    const { made } = this;
    return this.isTimed ? { made, elapsedMs: Math.min(this.elapsedMs(), this.durationMs) } : { made };
  }

  left(): number {
    return this.isTimed && this.elapsedMs() >= this.durationMs ? 0 : this.total - this.made;
  }

  due(): number {
    if (this.ratePerSecond === undefined) return this.total - this.made;
    const due = this.madeBefore + Math.floor((this.elapsedMs() * this.ratePerSecond) / 1000);
    return Math.min(this.total, due) - this.made;
  }

  waitMs(): number {
    if (this.ratePerSecond === undefined) return 0;
    return ((this.made - this.madeBefore + 1) * 1000) / this.ratePerSecond - this.elapsedMs();
  }

  private elapsedMs(): number {
    return performance.now() - this.startMs;
  }
}
