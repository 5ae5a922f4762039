import type { Config, Sink, Storage } from '#component';
import { fileSink } from '../../connectors/file/index.js';
import { configOf, sinkContext, stageContext } from '../conformance/contexts.js';

/** Of files in memory. */
export const PATH = '/data/out.txt';
const never: AbortSignal = new AbortController().signal;

/** What sinks have logged; empty it before each test. */
export const logged: string[] = [];

export function create(
  path: string,
  storage: Storage,
  options: Config = {},
  header?: string,
  footer?: string,
): Sink {
  const log = {
    info: (_: object, message: string) => void logged.push(`info: ${message}`),
    warn: (_: object, message: string) => void logged.push(`warn: ${message}`),
  };
  return fileSink.create(configOf(fileSink, { path, ...options }), {
    ...sinkContext(header ? Buffer.from(header) : undefined, footer ? Buffer.from(footer) : undefined),
    ...stageContext({ stage: 'out', log, storage }),
  });
}

/** At a beginning. */
export async function opened(
  storage: Storage,
  options?: Config,
  header?: string,
  footer?: string,
): Promise<Sink> {
  const sink = create(PATH, storage, options, header, footer);
  await sink.open(undefined);
  return sink;
}

export async function write(sink: Sink, text: string, signal: AbortSignal = never): Promise<void> {
  await sink.write({ bytes: Buffer.from(text), records: 1 }, signal);
}
