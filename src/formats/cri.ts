import { rfc3339Micros } from '../base/time/rfc3339.js';
import type { FormatDefinition } from './format.js';
import { LineDecoder, type LineField, LineParser, shapeOfLine } from './line/index.js';

const SPACE = 32;

const FIELDS: readonly LineField[] = [
  { name: 'timestamp', kind: 'timestamp' },
  { name: 'stream', kind: 'text', values: ['stdout', 'stderr'] },
  { name: 'message', kind: 'text' },
];
const [TIMESTAMP, STREAM, MESSAGE] = [0, 1, 2];
const STDOUT = Buffer.from('stdout ');
const STDERR = Buffer.from('stderr ');

/**
 * Parses `2026-05-17T10:05:03.117Z stdout F text`
 * (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md).
 */
class CriParser extends LineParser {
  constructor() {
    super(FIELDS);
  }

  protected line(): void {
    this.skipWord();
    const micros = rfc3339Micros(this.bytes, this.start, this.at);
    if (Number.isNaN(micros)) throw this.expected('a time such as 2026-05-17T10:05:03.117Z', '', this.start);
    this.setNumber(TIMESTAMP!, this.start, this.at, micros);
    this.take(SPACE, 'a space and the stream');
    const isStdout = this.startsWith(this.at, STDOUT);
    if (!isStdout && !this.startsWith(this.at, STDERR)) throw this.expected('stdout or stderr and a space');
    this.setNumber(STREAM!, this.at, this.at + STDOUT.length - 1, isStdout ? 0 : 1);
    this.at += STDOUT.length;
    const tag = this.at;
    this.skipWord();
    if (this.at === tag) throw this.expected('a tag: F for a whole line, P for a part of one');
    if (this.at < this.end) this.at++;
    this.setExtent(MESSAGE!, this.at, this.end);
  }
}

/** Lines of container runtimes, as Kubernetes keeps them. */
export const CRI_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'cri',
  summary:
    'Lines of container runtimes (containerd, CRI-O), as Kubernetes keeps them: timestamp, stream and message. With the option ' +
    '`multiline: cri` of a source, lines that the runtime cut are one again; `parse` takes the message apart.',
  fields: [],
  example: 'cri',
  decoder: {
    framing: () => 'lines',
    shape: () => shapeOfLine(FIELDS),
    sample: {
      input: '2026-05-17T10:05:03.117042Z stderr F disk is full',
      output: '{"timestamp":"2026-05-17T10:05:03.117042Z","stream":"stderr","message":"disk is full"}',
    },
    create: () => new LineDecoder(new CriParser()),
  },
};
