import { TimeParser } from '../../src/base/time/time-parser.js';
import { fixedZone } from '../../src/base/time/zone.js';
import type { LinePatterns } from '../../src/formats/format.js';
import { decodeOne, groupedLines, type Row } from './records.js';
import { bytesOf, type Case, failed, type Outcome, type Suite, same } from './suite.js';

interface Time {
  /** Seconds since 1970. */
  readonly epoch: number;
  /** Of a second, where it is told so. */
  readonly fraction?: number;
  readonly nanos?: number;
}

/** Microseconds since 1970 of a text in the case's format. */
function microsOf(text: string, format: string, offsetSeconds: number, nowMs: number): number {
  const bytes = Buffer.from(text);
  const zone = fixedZone('test', offsetSeconds);
  return new TimeParser(format).micros(bytes, 0, bytes.length, { zone, nowMs });
}

function micros({ epoch, fraction = 0, nanos = fraction * 1e9 }: Time): number {
  return epoch * 1e6 + Math.floor(Math.round(nanos) / 1000);
}

/** Fluent Bit's times. Those without a year are read a week after the moment that is expected. */
export const FLUENT_BIT_TIME_SUITE: Suite = {
  name: 'fluentbit_time',
  run: ({ input, options, expected }) => {
    const time = expected as Time;
    const { format, utc_offset_seconds_when_zone_missing: offset } = options!;
    const nowMs = (time.epoch + 7 * 86_400) * 1000;
    return same(microsOf(String(input), String(format), Number(offset), nowMs), micros(time));
  },
};

/** Fluent Bit's parsers of key-value pairs. A field that holds the time is read apart, as an expression would do it. */
export const FLUENT_BIT_KEY_VALUE_SUITE: Suite = {
  name: 'fluentbit_kv',
  run: (item) => {
    const { format, time_key: key, time_keep: isKept } = item.options!;
    const row = decodeOne(String(format), bytesOf(item));
    if (typeof row === 'string') return failed(row);
    const { fields_as_text: fields, ...time } = item.expected as Time & { fields_as_text: object };
    if (key !== undefined) {
      const found = microsOf(String(row[String(key)]), String(item.options!.time_format), 0, 0);
      if (found !== micros(time)) return same(found, micros(time));
    }
    const rest = Object.entries(row).filter(([name]) => isKept === true || name !== key);
    return sameFields(item, Object.fromEntries(rest), fields);
  },
};

/** Fluent Bit can read a field as a hexadecimal number, which ours do in an expression. */
function sameFields({ options }: Case, row: Exclude<Row, string>, expected: object): Outcome {
  const hex = (options?.hex_fields ?? []) as readonly string[];
  const numbers = hex.map((name) => [name, String(Number.parseInt(String(row[name]), 16))]);
  return same({ ...row, ...Object.fromEntries(numbers) }, expected);
}

/** Fluent Bit's parsers of several lines that its tests configure themselves, as patterns of ours. */
const PATTERNS: Readonly<Record<string, LinePatterns>> = {
  endswith: { end: '(^|[^\\\\])$' },
  elastic: { start: '^\\[', continue: '^\\s+at' },
};

/**
 * Lines that belong together. Each of a case's lines ends with a newline, whether it says so or not; one within it stands for
 * its escape. Of lines of container runtimes, what the containers wrote is compared.
 */
export const FLUENT_BIT_MULTILINE_SUITE: Suite = {
  name: 'fluentbit_multiline',
  run: ({ input, options, expected }) => {
    const parser = String(options!.parser);
    const { records } = expected as { records: string[] };
    const lines = (input as string[])
      .map((line) => `${line.replace(/\n$/, '').replaceAll('\n', '\\n')}\n`)
      .join('');
    if (/^(?:docker|cri|container_mix)$/.test(parser)) {
      const joined = groupedLines({ type: 'docker' }, lines).map((line) => `${line}\n`);
      return same(groupedLines({ type: 'cri' }, joined.join('')).map(containerText), records);
    }
    const patterns = PATTERNS[parser];
    const found = groupedLines(patterns ? { type: 'pattern', ...patterns } : { type: parser }, lines);
    return same(
      found.map((text) => `${text}\n`),
      records,
    );
  },
};

/** A line of neither is what it is. */
function containerText(line: string): unknown {
  const isDocker = line.startsWith('{');
  const row = decodeOne(isDocker ? 'json' : 'cri', line);
  return typeof row === 'string' ? line : row[isDocker ? 'log' : 'message'];
}
