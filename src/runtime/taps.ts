import type { TapRequest, TapSample } from '../workers/index.js';

export type TapSide = TapRequest['side'];

/** Gets records as JSON texts. */
type Listener = (records: readonly string[]) => void;

interface Tap {
  readonly stage: string;
  readonly side: TapSide;
  readonly listener: Listener;
  /** When the next sample may be taken, on the monotonic clock. */
  nextMs: number;
}

/** Of a trip so many records at most are shown, */
const MOST_RECORDS = 50;
/** and only of a trip now and then. */
const GAP_MS = 50;

/** Who looks at the records that pass, and what they see: samples, which cost next to nothing however fast records are. */
export class Taps {
  readonly #taps = new Set<Tap>();

  /** Shows records that pass a stage from now on. Returns how to end it. */
  open(stage: string, side: TapSide, listener: Listener): () => void {
    const tap: Tap = { stage, side, listener, nextMs: 0 };
    this.#taps.add(tap);
    return () => void this.#taps.delete(tap);
  }

  /** What the next trip of a chain shall bring along; undefined where nobody looks at its stages, as almost always. */
  wanted(stages: ReadonlySet<string>): TapRequest[] | undefined {
    if (this.#taps.size === 0) return undefined;
    const nowMs = performance.now();
    const due = [...this.#taps].filter((tap) => stages.has(tap.stage) && tap.nextMs <= nowMs);
    if (due.length === 0) return undefined;
    for (const tap of due) tap.nextMs = nowMs + GAP_MS;
    const keys = new Map(
      due.map(({ stage, side }) => [`${side} ${stage}`, { stage, side, records: MOST_RECORDS }]),
    );
    return [...keys.values()];
  }

  give(samples: readonly TapSample[]): void {
    for (const { stage, side, records } of samples) {
      for (const tap of this.#taps) if (tap.stage === stage && tap.side === side) tap.listener(records);
    }
  }
}
