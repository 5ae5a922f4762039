import { ArenaFull } from '../batch/index.js';

/** Why a trip was not made: what the dead letter of its record will say. */
export type FailureCode = 'worker_failed' | 'timeout' | 'out_of_memory' | 'record_too_large';

/** What a thread answers where it could not make a trip. Plain data. */
export interface TripFault {
  readonly fault: FailureCode;
  readonly message: string;
}

/** A trip that was not made, and of which nothing remains: its input is as it was, and it may be made again. */
export class TripFailed extends Error {
  readonly code: FailureCode;
  /** The trip itself is the reason, not another one in the same thread. */
  readonly isCertain: boolean;
  /** The position in its partition of the record that is to blame, where that is known. */
  readonly offset: number | undefined;

  constructor(code: FailureCode, message: string, isCertain: boolean, offset?: number) {
    super(message);
    this.name = 'TripFailed';
    this.code = code;
    this.isCertain = isCertain;
    this.offset = offset;
  }
}

/** What was thrown while a trip was made; anything can be thrown. */
export function faultOf(thrown: unknown): TripFault {
  if (thrown instanceof ArenaFull) return { fault: 'record_too_large', message: thrown.message };
  const message = messageOf(thrown);
  const lacksMemory = thrown instanceof RangeError && message === 'Array buffer allocation failed';
  return { fault: lacksMemory ? 'out_of_memory' : 'worker_failed', message };
}

const MAX_MESSAGE_LENGTH = 1000;

function messageOf(thrown: unknown): string {
  try {
    const { message } = thrown as { message?: unknown };
    return String(message ?? thrown).slice(0, MAX_MESSAGE_LENGTH);
  } catch {
    return 'something was thrown that is no error';
  }
}
