import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { planPipeline, readPipeline } from '../../src/plan/index.js';
import { createLanes, InlineLanes, type Lanes, withResources } from '../../src/workers/index.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-resources-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'table.csv');

function chains(options = '') {
  const yaml = `
name: tables
sources: { in: { type: stdin, format: json } }
transforms: { known: { type: enrich, inputs: [in], file: ${path}, key: k, fields: [v]${options} } }
sinks: { out: { type: stdout, inputs: [known], format: json } }
`;
  const { pipeline, problems } = readPipeline(yaml, 'x', { env: {}, set: [], catalogue: CATALOGUE });
  if (!pipeline) throw new Error(JSON.stringify(problems));
  return planPipeline(pipeline).plan.segments[0]!.chains;
}

const data = (of = chains()) => ({ pipeline: 'tables', chains: of, arenaBytes: 32 * 2 ** 20 });
const limits = { timeoutMs: 10_000, memoryBytes: 2 ** 40 };

/** What becomes of a record with the key 1. */
async function join1(lanes: Lanes): Promise<string> {
  const bytes = new TextEncoder().encode('{"k":1}\n');
  const input = {
    kind: 'bytes' as const,
    buffer: bytes.buffer,
    byteOffset: 0,
    length: bytes.length,
    partition: { source: 'in', name: 'stdin' },
    offset: 0,
    readAtMs: 0,
  };
  const { outputs } = await lanes.run({ chain: 0, input, spares: [] });
  const [output] = outputs;
  if (output?.kind !== 'bytes') throw new Error('expected bytes');
  return Buffer.from(output.buffer, output.byteOffset, output.length).toString().trim();
}

it('reads a file again when it has changed, and keeps what it had where that cannot be used', async () => {
  writeFileSync(path, 'k,v\n1,first\n');
  const log = { info: vi.fn(), warn: vi.fn() };
  const inner = await InlineLanes.create(data());
  const lanes = withResources(inner, chains(), { log, checkMs: 5 });
  try {
    expect(await join1(lanes)).toBe('{"k":1,"v":"first"}');
    writeFileSync(path, 'k,v\n1,second\n');
    await vi.waitFor(async () => expect(log.info).toHaveBeenCalledTimes(1), 10_000);
    writeFileSync(path, 'k,other\n1,third\n');
    await vi.waitFor(async () => expect(log.warn).toHaveBeenCalledTimes(1), 10_000);
    expect(log.warn.mock.calls[0]![1]).toContain('it has no column "v"; what was read of');
    renameSync(path, `${path}.gone`);
    await vi.waitFor(async () => expect(log.warn).toHaveBeenCalledTimes(2), 10_000);
    writeFileSync(path, 'k,v\n1,fourth\n');
    await vi.waitFor(async () => expect(log.info).toHaveBeenCalledTimes(2), 10_000);
  } finally {
    await lanes.close();
  }
}, 60_000);

it.each([
  ['there is no file', '', undefined],
  ['more than the 4 B of max_bytes', ', max_bytes: 4B', 'k,v\n1,x\n'],
  ['it has no column "v"', '', 'k,w\n1,x\n'],
])('rejects the first trip where %s', async (message, options, content) => {
  rmSync(path, { force: true });
  if (content !== undefined) writeFileSync(path, content);
  const lanes = await createLanes(data(chains(options)), 0, limits);
  await expect(join1(lanes)).rejects.toThrow(message);
  await lanes.close();
});
