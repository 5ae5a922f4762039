import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { type Plan, planPipeline, readPipeline } from '../../src/plan/index.js';

function planOf(yaml: string): Plan {
  const { pipeline, problems } = readPipeline(yaml, 'test.yaml', { env: {}, set: [], catalogue: CATALOGUE });
  expect(problems).toEqual([]);
  const planned = planPipeline(pipeline!);
  expect(planned.problems).toEqual([]);
  return planned.plan;
}

const shapeOf = (plan: Plan) =>
  plan.segments[0]!.chains.map(({ id, nodes }) => [
    id,
    ...nodes.map(({ kind, stage }) => `${kind} ${stage}`),
  ]);
const source = (format: string) => `sources: { in: { type: stdin, format: ${format} } }`;

describe('a plan', () => {
  it('fuses stages without a queue into one chain, and cuts at those that have one', () => {
    const plan = planOf(`
${source('json')}
transforms:
  a: { type: filter, inputs: [in], where: x > 1 }
  b: { type: map, inputs: [a], drop: [x], queue: memory }
  c: { type: map, inputs: [b, in], drop: [y] }
sinks: { out: { type: stdout, inputs: [c] } }`);
    expect(shapeOf(plan)).toEqual([
      ['in', 'decode in', 'transform a', 'send b', 'transform c', 'encode out'],
      ['b', 'receive b', 'transform b', 'transform c', 'encode out'],
    ]);
    expect(plan.segments[0]!.inboxes.map(({ id, inputs }) => [id, ...inputs])).toEqual([
      ['in', 'in'],
      ['b', 'in'],
      ['out', 'in', 'b'],
    ]);
  });

  it('lets `then` apply at once where trying again cannot help', () => {
    const plan = planOf(`
${source('json')}
transforms:
  a: { type: map, inputs: [in], set: { b: a + 1 }, on_error: { retry: {}, then: stop } }
sinks: { out: { type: stdout, inputs: [a], on_error: { retry: {}, then: drop } } }`);
    const { nodes } = plan.segments[0]!.chains[0]!;
    expect(nodes.map(({ stage, onError }) => [stage, onError])).toEqual([
      ['in', 'dead_letter'],
      ['a', 'stop'],
      ['out', 'drop'],
    ]);
  });

  it('decodes only what someone looks into', () => {
    const plan = planOf(`
${source('combined')}
transforms:
  a: { type: filter, inputs: [in], where: status >= 500 }
  b: { type: map, inputs: [a], set: { area: path + "/" }, keep: [host, area] }
sinks: { out: { type: stdout, inputs: [b] } }`);
    const [decode] = plan.segments[0]!.chains[0]!.nodes;
    expect([...decode!.wantedNames!].sort()).toEqual(['host', 'path', 'status']);
    expect(decode!.wantsAll).toBe(false);
  });

  it('decodes nothing but what filters need of records that go out as they came', () => {
    const plan = planOf(`
${source('json')}
transforms: { a: { type: filter, inputs: [in], where: x > 1 } }
sinks: { out: { type: stdout, inputs: [a], format: json } }`);
    const [chain] = plan.segments[0]!.chains;
    expect(chain!.nodes[0]).toMatchObject({ wantedNames: ['x'], wantsAll: false });
    expect(chain!.copiesLines).toBe(false);
    const copy = planOf(`${source('lines')}\nsinks: { out: { type: stdout, inputs: [in], format: lines } }`);
    expect(copy.segments[0]!.chains[0]!.copiesLines).toBe(true);
  });

  it('says which chains a record may keep busy for ever: those with macros in an expression', () => {
    const mayRunAway = (...stages: string[]) =>
      planOf(`
${source('json')}
transforms:
${stages.map((stage, i) => `  t${i}: { inputs: [${i ? `t${i - 1}` : 'in'}], ${stage} }`).join('\n')}
sinks: { out: { type: stdout, inputs: [t${stages.length - 1}], format: json } }`).segments[0]!.chains.map(
        (chain) => chain.mayRunAway ?? false,
      );
    const tame = 'type: filter, where: "x.matches(\'(a+)+$\') && items[0] > 1"';
    const wild = 'type: filter, where: "items.exists(item, item > 1)"';
    expect(mayRunAway(tame)).toEqual([false]);
    expect(mayRunAway(wild)).toEqual([true]);
    expect(mayRunAway('type: map, set: { y: "[1, 2].map(i, i * x)" }')).toEqual([true]);
    expect(mayRunAway('type: map, add: { y: "all: {items.all(i, i > 0)}" }')).toEqual([true]);
    expect(mayRunAway('type: map, add: { y: "{x}", z: [1] }')).toEqual([false]);
    expect(mayRunAway('type: sample, rate: 0.5, key: "items.filter(i, i > 0)"')).toEqual([true]);
    expect(mayRunAway(tame, `${wild}, queue: memory`)).toEqual([false, true]);
  });

  it('has those with patterns of the user never run in the main thread', () => {
    const chains = (format: string, transforms = '') =>
      planOf(`
sources: { in: { type: file, paths: [x], format: ${format} } }
${transforms}sinks: { out: { type: stdout, inputs: [${transforms ? 'a' : 'in'}], format: json } }`).segments.flatMap(
        (segment) => segment.chains.map((chain) => chain.mayRunAway ?? false),
      );
    expect(chains("{ type: grok, pattern: '%{WORD:a}' }")).toEqual([true]);
    expect(chains("{ type: regex, pattern: '(?<a>.)' }")).toEqual([true]);
    const parse = "{ type: parse, inputs: [in], field: x, format: { type: regex, pattern: '(?<a>.)' } }";
    expect(chains('json', `transforms: { a: ${parse} }\n`)).toEqual([true]);
    expect(chains('json')).toEqual([false]);
  });

  it('lets queues without a size share half of the memory, and leaves the others as they are', () => {
    const inboxes = (queues: number) =>
      planOf(`
${source('lines')}
transforms:
${Array.from({ length: queues }, (_, i) => `  t${i}: { type: filter, inputs: [${i ? `t${i - 1}` : 'in'}], where: 'true', queue: memory }`).join('\n')}
sinks: { out: { type: stdout, inputs: [t${queues - 1}], queue: { type: memory, max_bytes: 3MiB } } }`)
        .segments[0]!.inboxes;
    expect(inboxes(2).map(({ queue }) => queue.maxBytes / 2 ** 20)).toEqual([8, 8, 8, 3]);
    const many = inboxes(38);
    expect(many.at(-1)!.queue.maxBytes).toBe(3 * 2 ** 20);
    const sizes = many.slice(0, -1).map(({ queue }) => queue.maxBytes);
    expect(new Set(sizes)).toEqual(new Set([Math.floor((128 * 2 ** 20) / 40)]));
  });
});
