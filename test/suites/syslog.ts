import { decodeOne, type Row } from './records.js';
import { bytesOf, type Case, failed, type Outcome, PASSED, plain, type Suite, same } from './suite.js';

/** When the records were read: January to November are this year, December was in the last. */
export const READ_AT_MS = Date.UTC(2020, 10, 30);

interface Message {
  readonly [field: string]: unknown;
  readonly timestamp?: { readonly $stamp?: string; readonly $local?: string; readonly $wall?: string };
}

interface Expected {
  readonly ok?: Message;
  readonly partial?: Message | null;
}

const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clockd ' +
  'local0 local1 local2 local3 local4 local5 local6 local7';
const SEVERITIES = 'emerg alert crit err warning notice info debug';

/**
 * go-syslog and syslog-loose. Choices of ours: facility and severity are names; the priority, which these two make up, and
 * the version are no fields; what is not there is absent, also an empty message. What go-syslog calls an error is refused
 * by `mode: strict`; the part of such a message that it can read, best_effort reads, too, but what comes after it is the
 * message, so that none of it is lost. A text that is no syslog at all is refused, where syslog-loose calls all of it the message.
 */
export const SYSLOG_SUITE: Suite = {
  name: 'syslog',
  run: (item) => {
    const { ok, partial } = item.expected as Expected;
    if (item.options!.format === 'auto') return loose(item, ok!);
    const options = { standard: item.options!.format };
    const strict = decode(item, { ...options, mode: 'strict' });
    if (ok) {
      const outcome = same(strict, wanted(ok));
      return outcome.kind === 'passed' ? contains(decode(item, options), wanted(ok)) : outcome;
    }
    if (typeof strict !== 'string') return failed('accepted');
    return partial ? contains(decode(item, options), wanted(partial)) : PASSED;
  },
};

function decode(item: Case, options: object): Row {
  return decodeOne('syslog', bytesOf(item), options, READ_AT_MS);
}

function loose(item: Case, ok: Message): Outcome {
  const found = decode(item, {});
  if (ok.message === item.input) return typeof found === 'string' ? PASSED : failed('accepted');
  // The suite writes down what a clock at the message's own offset shows.
  const offset = /T[\d:.]+([+-]\d\d:\d\d)/.exec(String(item.input))?.[1] ?? 'Z';
  return same(found, wanted(ok, offset));
}

/** Whether best_effort finds the header that is there; it may find more, and its message may be longer. */
function contains(
  found: Row,
  { message: _, structured_data: __, ...header }: Record<string, unknown>,
): Outcome {
  if (typeof found === 'string') return failed(`refused: ${found}`);
  return same(Object.fromEntries(Object.keys(header).map((name) => [name, found[name]])), header);
}

/** What ours gives for such a message. */
function wanted(
  { priority: _, version: __, protocol: ___, ...message }: Message,
  offset = 'Z',
): Record<string, unknown> {
  const { facility, severity, timestamp, structured_data: data } = message;
  const fields: Record<string, unknown> = { ...(plain(message) as object) };
  if (typeof facility === 'number') fields.facility = FACILITIES.split(' ')[facility];
  if (typeof severity === 'number') fields.severity = SEVERITIES.split(' ')[severity];
  if (timestamp?.$stamp) {
    const year = timestamp.$stamp.startsWith('Dec') ? 2019 : 2020;
    fields.timestamp = micros(`${timestamp.$stamp} ${year} UTC`);
  }
  if (timestamp?.$wall || timestamp?.$local) {
    const [seconds, fraction = ''] = (timestamp.$wall ?? timestamp.$local!).split('.');
    const { micros: whole } = micros(`${seconds}${offset}`);
    fields.timestamp = { micros: whole + Number(fraction.padEnd(6, '0')) };
  }
  if (data && Object.keys(data).length === 0) delete fields.structured_data;
  if (fields.message === '') delete fields.message;
  return fields;
}

function micros(time: string): { micros: number } {
  return { micros: Date.parse(time) * 1000 };
}
