import { decodeOne } from './records.js';
import { bytesOf, type Case, failed, type Outcome, PASSED, type Suite, same } from './suite.js';

interface Expected {
  /** Null where the case tells only what fields there are. */
  readonly match: boolean | null;
  readonly include?: Readonly<Record<string, unknown>>;
  readonly absent?: readonly (readonly string[])[];
}

/**
 * Logstash's patterns. There the line is the field `message` from the beginning, so that a capture of this name makes it a
 * list, and what does not match gets a tag; here a capture of this name is the field, and what does not match is refused.
 */
export const GROK_SUITE: Suite = {
  name: 'grok',
  run: (item) => {
    const { pattern } = item.input as { pattern: string };
    const { match, include = {}, absent = [] } = item.expected as Expected;
    // A pattern without captures makes no record; what it matches becomes a field then.
    const options = { ecs: item.options?.patterns === 'ecs-v1', pattern: `(?<whole>${pattern})` };
    const row = decodeOne('grok', bytesOf({ ...item, input: messageOf(item) }), options);
    if (typeof row === 'string') return match === false ? PASSED : failed(row);
    if (match === false) return failed('matched');
    for (const [name, value] of Object.entries(include)) {
      const outcome = included(row, name, name === 'message' ? withoutLine(value, messageOf(item)) : value);
      if (outcome !== PASSED) return outcome;
    }
    const found = absent.find(
      (path) => path.reduce((at: unknown, part) => memberOf(at, part), row) !== undefined,
    );
    return found === undefined ? PASSED : failed(`there is a field ${found.join('.')}`);
  },
};

const messageOf = (item: Case): string => (item.input as { message: string }).message;
const memberOf = (value: unknown, name: string): unknown =>
  (value as Record<string, unknown> | undefined)?.[name];

function included(row: Readonly<Record<string, unknown>>, name: string, value: unknown): Outcome {
  const found = row[name];
  if (value === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return same(found, value) === PASSED
      ? PASSED
      : failed(`${name}: ${(same(found, value) as { message: string }).message}`);
  }
  for (const [member, inner] of Object.entries(value)) {
    const outcome = included((found ?? {}) as Record<string, unknown>, member, inner);
    if (outcome !== PASSED) return outcome;
  }
  return PASSED;
}

/** The message without the line that was there before; undefined where the line is all. */
function withoutLine(value: unknown, line: string): unknown {
  if (value === line) return undefined;
  if (!Array.isArray(value) || value[0] !== line) return value;
  return value.length === 2 ? value[1] : value.slice(1);
}
