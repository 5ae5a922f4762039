import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { type Plan, planPipeline, readPipeline } from '../../src/plan/index.js';
import { Chain } from '../../src/workers/chain.js';
import { DEAD_LETTERS, type TripRequest, type TripResult } from '../../src/workers/trip.js';

const YAML = `
sources: { web: { type: stdin, format: json } }
transforms:
  bad: { type: filter, inputs: [web], where: status >= 400 }
  shaped: { type: map, inputs: [bad], set: { n: 1000 / (status - 500) } }
sinks: { out: { type: stdout, inputs: [shaped], format: json } }
`;
const LINES = [
  '{"status":200,"path":"/"}',
  '{"status":404,"path":"/a\\nb"}',
  'no JSON',
  '{"status":500,"path":"/c"}',
  '{"status":502, "path":"/d"}',
];

function planOf(yaml: string): Plan {
  const { pipeline } = readPipeline(yaml, 'p.yaml', { env: {}, set: [], catalogue: CATALOGUE });
  return planPipeline(pipeline!).plan;
}

function request(): TripRequest {
  const bytes = new TextEncoder().encode(LINES.map((line) => `${line}\n`).join(''));
  const buffer = new ArrayBuffer(4096);
  new Uint8Array(buffer).set(bytes);
  const partition = { source: 'web', name: 'stdin' };
  const input = { buffer, byteOffset: 0, length: bytes.length, partition, offset: 0, readAtMs: 0 };
  return { chain: 0, input: { kind: 'bytes', ...input }, spares: [] };
}

/** All but the time that it took. */
function essence({ outputs, counts, errors }: TripResult): unknown {
  const texts = outputs.map((output) => {
    if (output.kind !== 'bytes') return output;
    const text = Buffer.from(output.buffer, output.byteOffset, output.length).toString();
    return output.node === DEAD_LETTERS ? text.replaceAll(/"time":"[^"]*"/g, '') : text;
  });
  return { texts, counts: counts.filter((_, at) => at % 7 !== 6), errors };
}

async function sampled(taps: TripRequest['taps']): Promise<{ plain: TripResult; result: TripResult }> {
  const arena = new Arena(32 * 2 ** 20);
  const chain = await Chain.create(planOf(YAML).segments[0]!.chains[0]!, 'p', arena);
  const plain = chain.run(request(), 0);
  return { plain, result: chain.run({ ...request(), ...(taps && { taps }) }, 0) };
}

describe('a tap', () => {
  it('shows what comes to a stage and what leaves it', async () => {
    const sides = ['web outputs', 'bad inputs', 'bad outputs', 'shaped outputs', 'out inputs'];
    const taps = sides.map((side) => {
      const [stage, of] = side.split(' ') as [string, 'inputs' | 'outputs'];
      return { stage, side: of, records: 10 };
    });
    const { result } = await sampled(taps);
    const seen = Object.fromEntries(
      result.samples!.map(({ stage, side, records }) => [`${stage} ${side}`, records]),
    );
    const read = [LINES[0], LINES[1], LINES[3], LINES[4]];
    const mapped = ['{"status":404,"path":"/a\\nb","n":-10}', '{"status":502,"path":"/d","n":500}'];
    expect(seen).toMatchObject({
      'web outputs': read,
      'bad inputs': read,
      'bad outputs': [LINES[1], LINES[3], LINES[4]],
    });
    const parsed = (texts: readonly string[] = []) => texts.map((text) => JSON.parse(text) as unknown);
    expect(parsed(seen['shaped outputs'])).toEqual(mapped.map((text) => JSON.parse(text) as unknown));
    expect(seen['out inputs']).toEqual(seen['shaped outputs']);
  });

  it('changes nothing of the trip', async () => {
    const { plain, result } = await sampled([
      { stage: 'web', side: 'outputs', records: 3 },
      { stage: 'shaped', side: 'inputs', records: 1 },
    ]);
    expect(essence(result)).toEqual(essence(plain));
    expect(plain.samples).toBeUndefined();
  });

  it('takes records from all of the batch, and no more than asked for', async () => {
    const { result } = await sampled([{ stage: 'web', side: 'outputs', records: 2 }]);
    expect(result.samples).toEqual([{ stage: 'web', side: 'outputs', records: [LINES[0], LINES[3]] }]);
  });

  it('shows fields of a source into which nobody looks', async () => {
    const yaml = `
sources: { web: { type: stdin, format: { type: csv } } }
transforms: { bad: { type: filter, inputs: [web], where: 'status == "500"' }, one: { type: map, inputs: [bad], keep: [status] } }
sinks: { out: { type: stdout, inputs: [one], format: json } }
`;
    const chain = await Chain.create(planOf(yaml).segments[0]!.chains[0]!, 'p', new Arena(32 * 2 ** 20));
    const bytes = new TextEncoder().encode('500,/a\n');
    const buffer = new ArrayBuffer(4096);
    new Uint8Array(buffer).set(bytes);
    const preamble = new TextEncoder().encode('status,path\n');
    const partition = { source: 'web', name: 'stdin', preamble };
    const input = { buffer, byteOffset: 0, length: bytes.length, partition, offset: 12, readAtMs: 0 };
    const taps = [{ stage: 'web', side: 'outputs', records: 1 }] as const;
    const { samples } = chain.run({ chain: 0, input: { kind: 'bytes', ...input }, spares: [], taps }, 0);
    expect(samples![0]!.records).toEqual(['{"status":"500","path":"/a"}']);
  });
});
