import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Arena, ArenaWriter, type Batch, type Partition } from '../src/batch/index.js';
import type { Config, Emit } from '../src/component/index.js';
import { defaultsOf } from '../src/config/index.js';
import { frame } from '../src/formats/frame.js';
import { formatNamed } from '../src/formats/index.js';
import { TRANSFORMS } from '../src/transforms/index.js';
import { accessLog } from './access-log.js';
import { appLog } from './app-log.js';
import { Random } from './random.js';
import { MatchCounter } from './truth.js';

// How many MB/s of records does one thread transform, from bytes that it decodes to bytes of JSON? Beside each figure stands that
// of the same without the transform.

const CHUNK_BYTES = 1024 * 1024;
const PASSES = 100;
const WARM_UP_PASSES = 30;

interface Job {
  readonly title: string;
  readonly line: () => string;
  readonly transform: string;
  readonly config: Config;
  /** Of its file. */
  readonly content?: string;
}

const COUNTRIES = 250;
const CUSTOMERS = 200_000;

function jobs(): Job[] {
  const random = new Random(1);
  const app = appLog(random, new MatchCounter());
  const access = accessLog(random, new MatchCounter());
  const asDocument = () => JSON.stringify({ message: access().trimEnd() });
  const mails = () =>
    JSON.stringify({ message: `user${random.below(1000)}@example.com said: ${access().trimEnd()}` });
  const order = () =>
    JSON.stringify({
      order: random.below(1e6),
      customer: `c${random.below(1000)}`,
      items: Array.from({ length: 10 }, (_, i) => ({
        sku: `sku-${i}`,
        count: random.below(9),
        note: 'as ordered',
      })),
    });
  return [
    {
      title: 'redact, JSON logs without a secret',
      line: app,
      transform: 'redact',
      config: { find: ['email', 'card'] },
    },
    { title: 'redact, one address in each record', line: asDocument, transform: 'redact', config: {} },
    { title: 'redact, two finds in each record', line: mails, transform: 'redact', config: {} },
    {
      title: "redact, a pattern of one's own",
      line: asDocument,
      transform: 'redact',
      config: { find: [], patterns: { get: '"GET [^"]*"' } },
    },
    ...fieldJobs(asDocument),
    { title: 'explode, ten items a record', line: order, transform: 'explode', config: { field: 'items' } },
    {
      title: 'enrich, a table of 250 rows',
      line: () => JSON.stringify({ country: `c${random.below(COUNTRIES)}`, message: access().trimEnd() }),
      transform: 'enrich',
      config: { key: 'country', table_key: 'code', fields: ['name', 'continent'], format: CSV },
      content: table(COUNTRIES, (i) => `c${i}`),
    },
    {
      title: 'enrich, a table of 200,000 rows',
      line: () => JSON.stringify({ id: random.below(CUSTOMERS), message: access().trimEnd() }),
      transform: 'enrich',
      config: { key: 'id', table_key: 'code', fields: ['name', 'continent'], format: CSV },
      content: table(CUSTOMERS, String),
    },
  ];
}

function moduleOf(code: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'millrace-bench-')), 'module.mjs');
  writeFileSync(path, code);
  return path;
}

/** A field that an expression makes, and a function of the user's. */
function fieldJobs(line: () => string): Job[] {
  return [
    {
      title: 'map, one more field',
      line,
      transform: 'map',
      config: { set: { length: 'size(message)' } },
    },
    {
      title: 'javascript, one more field',
      line,
      transform: 'javascript',
      config: { module: moduleOf('export default (r) => { r.length = r.message.length; return r; };') },
    },
  ];
}

const CSV = { type: 'csv', delimiter: ',', header: true };

function table(rows: number, key: (i: number) => string): string {
  const lines = Array.from(
    { length: rows },
    (_, i) => `${key(i)},the name of number ${i},continent ${i % 7}\n`,
  );
  return `code,name,continent\n${lines.join('')}`;
}

/** Runs a chunk through decoder, transform and encoder. Returns how many MB/s of it. */
async function measure({ line, transform, config, content }: Job, isTransformed: boolean): Promise<number> {
  const json = formatNamed('json')!;
  const definition = TRANSFORMS.find(({ name }) => name === transform)!;
  const full = { ...defaultsOf(definition.fields), ...config };
  const wanted = definition.needs(full, { names: new Set(), all: true });
  const instance = definition.create(full, 'stage');
  const decoder = json.decoder!.create({ type: 'json' });
  const arena = new Arena();
  const writer = new ArenaWriter(arena);
  const encoderOf = json.encoder!.create({ type: 'json' }, { fields: new Map(), open: true });
  const chunk = chunkOf(line);
  const partition: Partition = { source: 'bench', name: 'bench' };
  const loaded =
    content === undefined ? undefined : await definition.resource!(full).build(Buffer.from(content));
  let out: Batch[] = [];
  const emit: Emit = {
    arena,
    resource: { version: 1, content: loaded },
    batch: (batch) => out.push(batch),
    passed: () => {},
    drop: () => {},
    added: () => {},
    fail: () => {},
    count: () => {},
  };
  const pass = () => {
    arena.reset();
    const start = arena.place(chunk);
    const { records } = frame(arena, 'lines', start, start + chunk.length, 1e6, -start);
    const { columns, document } = decoder.decode(arena, records, wanted, partition, 0);
    const batch: Batch = {
      rows: records.count,
      columns,
      document,
      origin: records,
      untouched: undefined,
      partition,
      readAtMs: 0,
    };
    out = [];
    if (isTransformed) instance.apply(batch, emit);
    else out.push(batch);
    for (const each of out) {
      writer.begin();
      encoderOf.encode(each, writer);
      writer.end();
    }
  };
  return rateOf(pass, chunk.length);
}

/** How many MB/s, when one pass is over so many bytes. */
function rateOf(pass: () => void, bytes: number): number {
  for (let i = 0; i < WARM_UP_PASSES; i++) pass();
  const startMs = performance.now();
  for (let i = 0; i < PASSES; i++) pass();
  return (PASSES * bytes) / 1e3 / (performance.now() - startMs);
}

function chunkOf(line: () => string): Uint8Array {
  let text = '';
  while (text.length < CHUNK_BYTES) text += `${line().trimEnd()}\n`;
  return Buffer.from(text);
}

const [only = ''] = process.argv.slice(2);
for (const job of jobs().filter(({ title }) => title.includes(only))) {
  const without = await measure(job, false);
  const rate = await measure(job, true);
  process.stdout.write(
    `${job.title.padEnd(40)} ${rate.toFixed(0).padStart(6)} MB/s, without ${without.toFixed(0)}\n`,
  );
}
