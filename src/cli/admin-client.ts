import type { ObservedPipeline } from '../admin/index.js';
import { MillraceError } from '../base/errors.js';
import { addressText, type SocketAddress } from '../base/socket-address.js';
import type { Io } from './io.js';
import { adminToken } from './listen.js';

/** Asks a run that listens with `--listen`. Throws MillraceError `not_listening`, `refused`. */
export class AdminClient {
  readonly #at: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(address: SocketAddress, io: Io) {
    this.#at = addressText(address);
    const token = adminToken(io);
    this.#headers = token ? { Authorization: `Bearer ${token.reveal()}` } : {};
  }

  async pipeline(): Promise<ObservedPipeline> {
    return (await (await this.#ask('/api/pipeline')).json()) as ObservedPipeline;
  }

  /** The records that pass a stage, each a JSON text, until the run ends or the signal aborts. */
  async *records(stage: string, side: string, signal: AbortSignal): AsyncGenerator<string> {
    const path = `/api/stages/${encodeURIComponent(stage)}/records?of=${side}`;
    const { body } = await this.#ask(path, signal);
    let rest = '';
    try {
      for await (const text of body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        yield* lines;
      }
    } catch (error) {
      // A run that is killed takes the connection along.
      if (!signal.aborted && !(error instanceof TypeError)) throw error;
    }
  }

  async #ask(path: string, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`http://${this.#at}${path}`, {
        headers: this.#headers,
        ...(signal && { signal }),
      });
    } catch (cause) {
      const message = `nothing answers at ${this.#at}: run the pipeline with "--listen ${this.#at}", or say with --connect where it listens`;
      throw new MillraceError('not_listening', message, { blame: 'config', cause });
    }
    if (response.ok) return response;
    const { error } = (await response.json()) as { error: { message: string } };
    const hint = response.status === 401 ? ': set MILLRACE_TOKEN' : '';
    throw new MillraceError('refused', `${this.#at}: ${error.message}${hint}`, { blame: 'config' });
  }
}
