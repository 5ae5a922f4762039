import { type Bottleneck, bottleneckOf, type Observation } from '../runtime/index.js';

/** What the API shows of a run: all sums since its beginning, and the rates of the last seconds. */
export interface ObservedPipeline extends Observation {
  /** Of the last seconds; undefined where nothing waits. */
  readonly bottleneck?: Bottleneck;
  /** A second, by stage. */
  readonly rates: Readonly<Record<string, StageRates>>;
}

export interface StageRates {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytes: number;
}

/** Rates are taken over this long. */
const WINDOW_MS = 5000;
/** More often nothing is kept. */
const LEAST_GAP_MS = 500;

/** Keeps the last seconds of a run, as far as someone looks at it. */
export class Recent {
  readonly #observe: () => Observation;
  readonly #kept: Observation[] = [];

  constructor(observe: () => Observation) {
    this.#observe = observe;
  }

  look(): ObservedPipeline {
    const now = this.#observe();
    const latest = this.#kept.at(-1);
    const before = this.#kept[0];
    if (!latest || now.elapsedMs - latest.elapsedMs >= LEAST_GAP_MS) this.#kept.push(now);
    while (this.#kept.length > 1 && now.elapsedMs - this.#kept[1]!.elapsedMs >= WINDOW_MS) this.#kept.shift();
    const bottleneck = bottleneckOf(now, before);
    return { ...now, ...(bottleneck && { bottleneck }), rates: ratesOf(now, before) };
  }
}

function ratesOf(now: Observation, before: Observation | undefined): Record<string, StageRates> {
  const seconds = Math.max(0.001, (now.elapsedMs - (before?.elapsedMs ?? 0)) / 1000);
  const entries = now.stages.map((stage) => {
    const earlier = before?.stages.find(({ id }) => id === stage.id);
    return [
      stage.id,
      {
        recordsIn: (stage.recordsIn - (earlier?.recordsIn ?? 0)) / seconds,
        recordsOut: (stage.recordsOut - (earlier?.recordsOut ?? 0)) / seconds,
        bytes: ((stage.bytes ?? 0) - (earlier?.bytes ?? 0)) / seconds,
      },
    ] as const;
  });
  return Object.fromEntries(entries);
}
