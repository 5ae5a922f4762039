import { MillraceError } from '../base/errors.js';
import type { Barrier } from './barrier.js';
import { Edge, type EdgeOwner, type WhenFull } from './edge.js';

export interface InboxOptions<T> {
  /** The stage behind it, for messages. */
  readonly name: string;
  /** Divided evenly over the edges. */
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
  /** The names of the inputs, each once; an edge is made for each. */
  readonly inputs: readonly string[];
  /** Called for each item that a policy drops, so that its records are counted and its buffer is used again. */
  readonly onDrop: (item: T, input: string) => void;
}

/** An item that the stage works on. Its credit is given back by `release`, when the work has left the stage. */
export interface Delivery<T> {
  readonly kind: 'delivery';
  readonly item: T;
  readonly input: string;
  readonly bytes: number;
  /** Throws when called twice. */
  release(): void;
}

export interface InboxGauges {
  readonly queuedItems: number;
  readonly queuedBytes: number;
  /** Bytes of items that were received and not yet released. */
  readonly inDeliveryBytes: number;
  /** Sends and reservations that wait for credit. */
  readonly waitingSenders: number;
  /** Sums since the beginning: everything sent here, and what of it was dropped. */
  readonly items: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly droppedBytes: number;
}

interface Receiver<T> {
  resolve(received: Delivery<T> | Barrier | undefined): void;
  reject(reason: unknown): void;
}

/**
 * The queue in front of a stage. Every input has an edge with a credit of its own, so that an edge which is held
 * back for a barrier never takes the room in which another edge's barrier has to arrive.
 */
export class Inbox<T> {
  readonly name: string;
  readonly #edges: readonly Edge<T>[];
  #sequence = 0;
  #inDeliveryBytes = 0;
  #receiver: Receiver<T> | undefined;
  #idleMs = 0;
  #idleSinceMs = 0;
  #failure: { readonly reason: unknown } | undefined;

  constructor(options: InboxOptions<T>) {
    this.name = options.name;
    if (options.inputs.length === 0 || new Set(options.inputs).size < options.inputs.length) {
      throw this.#misuse('needs inputs with different names');
    }
    const owner: EdgeOwner<T> = {
      whenFull: options.whenFull,
      onDrop: options.onDrop,
      sequence: () => this.#sequence++,
      arrived: () => this.#deliver(),
    };
    const limitBytes = Math.max(1, Math.floor(options.maxBytes / options.inputs.length));
    this.#edges = options.inputs.map((input) => new Edge<T>(input, limitBytes, owner));
  }

  get edges(): readonly Edge<T>[] {
    return this.#edges;
  }

  /** The edge of an input. Throws when there is none. */
  edge(input: string): Edge<T> {
    const edge = this.#edges.find((candidate) => candidate.input === input);
    if (!edge) throw this.#misuse(`has no input "${input}"`);
    return edge;
  }

  /**
   * The next item in the order of arrival, or a barrier once it has come on every edge that has not ended (until
   * then the edges on which it has come are held back). Undefined when all edges have ended and all is delivered.
   * One receive at a time. Rejects with the signal's reason, or when the inbox fails.
   */
  receive(signal?: AbortSignal): Promise<Delivery<T> | Barrier | undefined> {
    if (this.#receiver) throw this.#misuse('was received from twice at once');
    if (this.#failure) return Promise.reject(this.#failure.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const next = this.#next();
    if (next !== 'nothing yet') return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      this.#idleSinceMs = performance.now();
      const settle = () => {
        this.#receiver = undefined;
        this.#idleMs += performance.now() - this.#idleSinceMs;
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        settle();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort);
      this.#receiver = {
        resolve: (received) => {
          settle();
          resolve(received);
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      };
    });
  }

  /** For how long in all the stage behind it has waited for something to come. */
  get idleMs(): number {
    return this.#idleMs + (this.#receiver ? performance.now() - this.#idleSinceMs : 0);
  }

  get gauges(): InboxGauges {
    const sum = (of: (edge: Edge<T>) => number) => this.#edges.reduce((total, edge) => total + of(edge), 0);
    return {
      queuedItems: sum((edge) => edge.queuedItems),
      queuedBytes: sum((edge) => edge.queuedBytes),
      inDeliveryBytes: this.#inDeliveryBytes,
      waitingSenders: sum((edge) => edge.waitingSenders),
      items: sum((edge) => edge.totals.items),
      bytes: sum((edge) => edge.totals.bytes),
      dropped: sum((edge) => edge.totals.dropped),
      droppedBytes: sum((edge) => edge.totals.droppedBytes),
    };
  }

  /** The run is being torn down: rejects everyone who waits here or comes later. Releases still work. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    for (const edge of this.#edges) edge.fail(reason);
    this.#receiver?.reject(reason);
  }

  #deliver(): void {
    if (!this.#receiver) return;
    const next = this.#next();
    if (next !== 'nothing yet') this.#receiver.resolve(next);
  }

  #next(): Delivery<T> | Barrier | undefined | 'nothing yet' {
    let first: Edge<T> | undefined;
    let firstSequence = Number.POSITIVE_INFINITY;
    let atBarrier = 0;
    let drained = 0;
    for (const edge of this.#edges) {
      const head = edge.head;
      if (head === undefined) {
        if (edge.drained) drained++;
      } else if (head.kind === 'barrier') {
        atBarrier++;
      } else if (head.sequence < firstSequence) {
        first = edge;
        firstSequence = head.sequence;
      }
    }
    if (first) return this.#take(first);
    if (drained === this.#edges.length) return undefined;
    return atBarrier + drained === this.#edges.length ? this.#align() : 'nothing yet';
  }

  #take(edge: Edge<T>): Delivery<T> {
    const queued = edge.shift();
    if (queued.kind !== 'queued') throw this.#misuse('took a barrier for an item');
    const { item, bytes, cost } = queued;
    this.#inDeliveryBytes += bytes;
    let released = false;
    const release = () => {
      if (released) throw this.#misuse(`had an item of "${edge.input}" released twice`);
      released = true;
      this.#inDeliveryBytes -= bytes;
      edge.credit.give(cost);
    };
    return { kind: 'delivery', item, input: edge.input, bytes, release };
  }

  /** All edges stand at a barrier or have ended: takes the barrier from each. */
  #align(): Barrier {
    let aligned: Barrier | undefined;
    for (const edge of this.#edges) {
      if (edge.drained) continue;
      const barrier = edge.shift() as Barrier;
      if (aligned && aligned.id !== barrier.id) {
        throw this.#misuse(`got barrier ${barrier.id} from "${edge.input}" where ${aligned.id} was due`);
      }
      aligned = barrier;
    }
    return aligned!;
  }

  #misuse(message: string): MillraceError {
    return new MillraceError('inbox_misused', `the inbox of "${this.name}" ${message}`, {
      blame: 'internal',
    });
  }
}
