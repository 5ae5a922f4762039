import {
  type CheckedAt,
  checkValue,
  childPath,
  describe,
  entryOf,
  type Node,
  shownDefault,
} from '../config/index.js';
import { ON_ERROR_FIELD, ON_ERROR_OR_RETRY_FIELD, RETRY_FIELDS } from './pipeline-fields.js';
import type { OnError, StageKind } from './pipeline-types.js';

const DEFAULT: OnError = { action: 'dead_letter' };

interface CheckedRetries {
  readonly retry: {
    readonly attempts: number;
    readonly backoff: number;
    readonly max_backoff: number;
    readonly max_elapsed?: number;
  };
  readonly then: OnError['action'];
}

/** Checks a stage's `on_error`, where it has one. */
export function checkOnError(node: Node | undefined, kind: StageKind, at: CheckedAt): OnError {
  if (!node || refuseIncomplete(node, kind, at)) return DEFAULT;
  const { type } = kind === 'source' ? ON_ERROR_FIELD : ON_ERROR_OR_RETRY_FIELD;
  const checked = checkValue(node, type, at) as OnError['action'] | CheckedRetries | undefined;
  if (checked === undefined) return DEFAULT;
  if (typeof checked === 'string') return { action: checked };
  const { attempts, backoff, max_backoff: maxBackoffMs, max_elapsed: maxElapsedMs } = checked.retry;
  if (backoff > maxBackoffMs) addBackoffTooLong(node, at);
  const limits = { attempts, backoffMs: backoff, maxBackoffMs };
  return { action: checked.then, retry: { ...limits, ...(maxElapsedMs !== undefined && { maxElapsedMs }) } };
}

/** Says how retries are written to those who have written the bare word, and where there are none. */
function refuseIncomplete(node: Node, kind: StageKind, at: CheckedAt): boolean {
  const isBare = node.kind === 'scalar' && node.text === 'retry' && node.written === undefined;
  if (kind === 'source' && (isBare || entryOf(node, 'retry'))) {
    at.problems.add(
      node.place,
      at.path,
      'a source has no retries: expected one of dead_letter, drop, stop, reject',
    );
    return true;
  }
  if (!isBare) return false;
  const message = 'retries are a map: expected { retry: { attempts: 5 }, then: dead_letter }, found "retry"';
  at.problems.add(node.place, at.path, message);
  return true;
}

/** Where only one of the two is given, that one is reported. */
function addBackoffTooLong(onError: Node, at: CheckedAt): void {
  const retry = entryOf(onError, 'retry')?.value;
  const given = entryOf(retry, 'backoff') ?? entryOf(retry, 'max_backoff');
  if (!given) return;
  const [limit, other] = given.key === 'backoff' ? ['most', 'max_backoff'] : ['least', 'backoff'];
  const otherNode = entryOf(retry, other)?.value;
  const fallback = shownDefault(RETRY_FIELDS.find(({ name }) => name === other)!);
  const shown = otherNode ? describe(otherNode) : `${fallback} unless it is set`;
  const message = `expected a duration of at ${limit} ${other} (${shown}), found ${describe(given.value)}`;
  at.problems.add(given.value.place, childPath(childPath(at.path, 'retry'), given.key), message);
}
