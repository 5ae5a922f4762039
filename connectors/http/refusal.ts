import { messageOf } from '#component';

/** Why a request is not taken: what its sender is told. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  static busy(): Refusal {
    const message = 'the pipeline cannot take more at the moment: try again later';
    return new Refusal(429, 'busy', message, { 'Retry-After': '1' });
  }

  static bodyTooLarge(maxBytes: number): Refusal {
    const message = `the body is larger than ${maxBytes} bytes, its compression undone (max_body_bytes)`;
    return new Refusal(413, 'body_too_large', message);
  }

  static tooManyRecords(maxRecords: number): Refusal {
    const message = `the body holds more than ${maxRecords} records (max_records)`;
    return new Refusal(413, 'too_many_records', message);
  }

  static unreadable(isCompressed: boolean, error: unknown): Refusal {
    const what = isCompressed ? 'the body is not what Content-Encoding says' : 'the body could not be read';
    return new Refusal(400, 'unreadable_body', `${what}: ${messageOf(error)}`);
  }

  /** Nothing that came is in a durable checkpoint: sent again with its Idempotency-Key it is never taken twice. */
  static notDurable(message: string): Refusal {
    return new Refusal(503, 'not_durable', message, { 'Retry-After': '1' });
  }
}
