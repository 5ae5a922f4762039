import type { FormatDefinition } from './format.js';
import { LineDecoder, type LineField, LineParser, shapeOfLine } from './line/index.js';
import { TIMEZONE, TimeFormats, timeZoneOf } from './options.js';

const SPACE = 32;
const COLON = 58;
const CLOSE = 93;
const LEVELS = ['info', 'warning', 'error', 'fatal'];
const LETTERS = 'IWEF';

const FIELDS: readonly LineField[] = [
  { name: 'level', kind: 'text', values: LEVELS },
  { name: 'timestamp', kind: 'timestamp' },
  { name: 'id', kind: 'int' },
  { name: 'file', kind: 'text' },
  { name: 'line', kind: 'int' },
  { name: 'message', kind: 'text' },
];
const [LEVEL, TIMESTAMP, ID, FILE, LINE, MESSAGE] = [0, 1, 2, 3, 4, 5];

/** Parses `I0505 17:59:40.692994   28133 klog.go:70] text`; glog's lines have the year before the month. */
class KlogParser extends LineParser {
  readonly #times: TimeFormats;
  readonly #timeBytes: number;
  readonly #example: string;

  constructor(times: TimeFormats, example: string) {
    super(FIELDS);
    this.#times = times;
    this.#timeBytes = example.length;
    this.#example = example;
  }

  protected line(): void {
    this.trim();
    const level = LETTERS.indexOf(String.fromCharCode(Math.max(this.peek(), 0)));
    if (level < 0) throw this.expected('I, W, E or F for the level');
    this.at++;
    this.setNumber(LEVEL!, this.at - 1, this.at, level);
    this.#time();
    this.takeSpaces('a thread id');
    this.takeInteger(ID!, 'a thread id');
    this.takeSpaces('the file');
    this.#place();
    if (this.at < this.end) this.take(SPACE, 'a space and the message');
    this.setExtent(MESSAGE!, this.at, this.end);
  }

  #time(): void {
    const start = this.at;
    const end = start + this.#timeBytes;
    const micros = end <= this.end ? this.#times.micros(this.bytes, start, end, this.readAtMs) : Number.NaN;
    if (Number.isNaN(micros)) throw this.expected(`a time such as ${this.#example}`);
    this.setNumber(TIMESTAMP!, start, end, micros);
    this.at = end;
  }

  /** `file:line]`; a file's name may hold colons. */
  #place(): void {
    const start = this.at;
    this.skipTo(CLOSE);
    if (this.at === this.end) throw this.expected('"]" after the file and line');
    let colon = this.at - 1;
    while (colon > start && this.bytes[colon] !== COLON) colon--;
    if (colon === start) throw this.expected('a file, ":" and a line', '', start);
    this.setExtent(FILE!, start, colon);
    this.at = colon + 1;
    this.takeInteger(LINE!, 'a line');
    this.take(CLOSE, '"]" after the line');
  }
}

function definitionOf(
  name: 'klog' | 'glog',
  format: string,
  example: string,
  where: string,
): FormatDefinition {
  const year = name === 'klog' ? '2026' : example.slice(0, 4);
  return {
    kind: 'format',
    name,
    summary: `Lines of ${where}: level (info, warning, error or fatal), timestamp, id, file, line and message.`,
    fields: [TIMEZONE],
    example: name,
    decoder: {
      framing: () => 'lines',
      shape: () => shapeOfLine(FIELDS),
      sample: {
        input: `W${example} 28133 main.cc:70] disk is full`,
        output:
          `{"level":"warning","timestamp":"${year}-05-05T17:59:40.692994Z","id":28133,"file":"main.cc","line":70,` +
          '"message":"disk is full"}',
      },
      create: (config) =>
        new LineDecoder(new KlogParser(new TimeFormats([format], timeZoneOf(config)), example)),
    },
  };
}

/** The log lines of Kubernetes (https://github.com/kubernetes/klog). */
export const KLOG_FORMAT = definitionOf(
  'klog',
  '%m%d %H:%M:%S.%6f',
  '0505 17:59:40.692994',
  'klog, as the components of Kubernetes write them',
);

/** The log lines of glog (https://github.com/google/glog). */
export const GLOG_FORMAT = definitionOf(
  'glog',
  '%Y%m%d %H:%M:%S.%6f',
  '20210505 17:59:40.692994',
  'the logging library glog',
);
