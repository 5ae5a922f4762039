import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Admin, Producer } from '@platformatic/kafka';
import type { Block, Chunk, Config, Positions, RefusedRow, Sink, Source, StageContext } from '#component';
import { kafkaSink, kafkaSource } from '../../../connectors/kafka/index.js';
import { configOf, sinkContext, stageContext } from '../../conformance/contexts.js';
import { CountingOutlet } from '../../conformance/outlet.js';
import { KAFKA_BROKER } from '../../support/brokers.js';

const run = promisify(execFile);
const MOST_OUTPUT_BYTES = 64 * 2 ** 20;

export interface Message {
  readonly key?: string | Buffer;
  readonly value?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
  readonly timestampMs?: number;
}

/** A name that nobody else has. */
export function unique(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

/** Makes a topic of its own. */
export async function makeTopic(
  partitions = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = unique('topic');
  await createTopic(name, partitions, configs);
  return name;
}

export async function createTopic(
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withAdmin(async (admin) => {
    await admin.createTopics({
      topics: [name],
      partitions,
      replicas: 1,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    });
    // Answers once each partition has its leader; what is sent before may be taken by some and sent again to all.
    const heads = Array.from({ length: partitions }, (_, i) => ({ partitionIndex: i, timestamp: -1n }));
    await admin.listOffsets({ topics: [{ name, partitions: heads }] });
  });
}

export async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [KAFKA_BROKER] });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

/** Sends messages with the client library's own producer, in batches as it likes. */
export async function send(
  topic: string,
  messages: readonly Message[],
  compression: 'none' | 'gzip' | 'snappy' | 'lz4' = 'none',
): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [KAFKA_BROKER] });
  try {
    await producer.send({
      compression,
      acks: -1,
      messages: messages.map(({ key, value, headers, partition, timestampMs }) => ({
        topic,
        ...(key !== undefined && { key: Buffer.from(key) }),
        value: value === undefined ? (null as unknown as Buffer) : Buffer.from(value),
        headers: new Map(
          Object.entries(headers ?? {}).map(([name, one]) => [Buffer.from(name), Buffer.from(one)]),
        ),
        partition: partition ?? 0,
        ...(timestampMs !== undefined && { timestamp: BigInt(timestampMs) }),
      })),
    });
  } finally {
    await producer.close();
  }
}

/** Messages `0`, `1`, … over a topic's partitions, in turn. */
export function numbered(count: number, partitions = 1): Message[] {
  return Array.from({ length: count }, (_, i) => ({ value: String(i), partition: i % partitions }));
}

export interface Seen {
  readonly partition: string;
  readonly offset: number;
  readonly value: Buffer;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The messages of a chunk. */
export function messagesOf({ bytes, messages, partition }: Chunk): Seen[] {
  if (!messages) return [];
  const { ends, positions, meta } = messages;
  return Array.from(ends, (end, row) => {
    const said = meta!.bytes.subarray(row === 0 ? 0 : meta!.ends[row - 1], meta!.ends[row]);
    return {
      partition: partition.name,
      offset: positions[row]!,
      value: Buffer.from(bytes.subarray(row === 0 ? 0 : ends[row - 1]! + 1, end)),
      meta: JSON.parse(Buffer.from(said).toString()) as Record<string, unknown>,
    };
  });
}

/** A source that ends where the topic ends, unless it is told to follow. */
export function source(options: Config, context: Partial<StageContext> = {}): Source {
  const config = { brokers: [KAFKA_BROKER], follow: false, group: unique('group'), ...options };
  return kafkaSource.create(configOf(kafkaSource, config), stageContext(context));
}

export interface ReadOptions {
  readonly from?: Positions;
  readonly batchBytes?: number;
  /** Acknowledges what was read, as a checkpoint after each chunk would. */
  readonly commits?: boolean;
  readonly signal?: AbortSignal;
  readonly onChunk?: (seen: readonly Seen[]) => void | Promise<void>;
  readonly outlet?: CountingOutlet;
}

export interface Read {
  readonly seen: Seen[];
  readonly positions: Map<string, import('#component').JsonValue>;
}

/** Reads a source to its end, and closes it. */
export async function readAll(one: Source, options: ReadOptions = {}): Promise<Read> {
  const { from = new Map(), batchBytes = 64 * 1024, commits = false, signal, onChunk } = options;
  const outlet = options.outlet ?? new CountingOutlet(batchBytes);
  const seen: Seen[] = [];
  const positions = new Map(from);
  for await (const chunk of one.read(outlet, signal ?? new AbortController().signal, from)) {
    const messages = messagesOf(chunk);
    seen.push(...messages);
    if (outlet.lent.has(chunk.bytes.buffer)) outlet.giveBack(chunk.bytes.buffer);
    if (chunk.resume) positions.set(chunk.resume.key, chunk.resume.position);
    if (commits) await one.commit!(positions);
    await onChunk?.(messages);
  }
  await one.close();
  return { seen, positions };
}

export function valuesOf(seen: readonly Seen[]): string[] {
  return seen.map(({ value }) => value.toString());
}

export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly payload: string | null;
  readonly headers?: readonly string[];
}

/** What kcat reads of a topic, to its end. */
export async function kcat(topic: string, ...options: readonly string[]): Promise<Fetched[]> {
  const { stdout } = await run(
    'kcat',
    ['-b', KAFKA_BROKER, '-C', '-t', topic, '-e', '-q', '-J', ...options],
    {
      maxBuffer: MOST_OUTPUT_BYTES,
    },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Fetched);
}

/** Lets kcat write lines to a topic. */
export async function kcatWrite(
  topic: string,
  lines: readonly string[],
  ...options: readonly string[]
): Promise<void> {
  const child = spawn('kcat', ['-b', KAFKA_BROKER, '-P', '-t', topic, ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`kcat ends with ${code}`))));
  });
}

export function createSink(options: Config): Sink {
  const config = { brokers: [KAFKA_BROKER], ...options };
  return kafkaSink.create(configOf(kafkaSink, config), sinkContext());
}

/** A sink that has been opened. */
export async function openSink(options: Config): Promise<Sink> {
  const sink = createSink(options);
  await sink.open(undefined);
  return sink;
}

/** Writes a block as the runtime does: it comes again after an error that says so. */
export async function untilWritten(sink: Sink, block: Block): Promise<readonly RefusedRow[]> {
  for (;;) {
    try {
      const refused = (await sink.write(block, new AbortController().signal)) ?? [];
      if (refused.every(({ retryable }) => retryable !== true)) return refused;
    } catch (error) {
      if ((error as { retryable?: boolean }).retryable !== true) throw error;
    }
    await sleep(20);
  }
}

/** A block of messages for one topic, as the threads hand it to a sink. */
export function blockOf(topic: string, values: readonly Buffer[]): Block {
  const endsOf = (texts: readonly Buffer[]) => {
    let at = 0;
    return Int32Array.from(texts, (text) => {
      at += text.length;
      return at;
    });
  };
  const column = (texts: readonly Buffer[]) => ({ bytes: Buffer.concat(texts), ends: endsOf(texts) });
  const { bytes, ends } = column(values.map((value) => Buffer.concat([value, Buffer.from('\n')])));
  const origin = {
    partition: { source: 'in', name: 'test' },
    positions: Float64Array.from(values, (_, i) => i),
    records: column([...values]),
    meta: undefined,
  };
  const topics = column(values.map(() => Buffer.from(topic)));
  return { bytes, records: values.length, envelope: { ends, values: { topic: topics }, origin } };
}
