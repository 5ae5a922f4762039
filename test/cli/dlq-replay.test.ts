import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StateLock } from '../../src/runtime/state-lock.js';
import { type Ended, inProcess, lines, logged, records, start, temporaryFolder, write } from './support.js';

interface Shop {
  readonly root: string;
  readonly file: string;
  /** Writes the pipeline anew; `{}` stands for the folder. */
  mend(stages: string): void;
  run(): Promise<Ended>;
  dlq(verb: string, ...options: string[]): Promise<Ended>;
  letters(): Promise<{ id: number | string; stage: string; record: string }[]>;
  out(name: string): string[];
}

async function shop(stages: string, input: string): Promise<Shop> {
  const root = temporaryFolder();
  write(root, 'in.log', input);
  const file = join(root, 'p.yaml');
  const mend = (text: string) =>
    writeFileSync(
      file,
      `name: shop\nruntime: { state: "${root}/state", workers: 1 }\n${text.replaceAll('{}', root)}`,
    );
  mend(stages);
  const dlq = (verb: string, ...options: string[]) => inProcess('dlq', verb, file, ...options);
  return {
    root,
    file,
    mend,
    run: async () => {
      const ended = await inProcess('run', file, '--quiet');
      expect(ended).toMatchObject({ code: 0 });
      return ended;
    },
    dlq,
    letters: async () => lines((await dlq('list', '--format', 'json')).out).map((line) => JSON.parse(line)),
    out: (name) => lines(readFileSync(join(root, name), 'utf8')),
  };
}

const pipeline = (set: string, queue = '') => `
sources: { in: { type: file, paths: ["{}/in.log"], format: json } }
transforms:
  number: { type: map, inputs: [in], set: { n: '${set}' }, drop: [x] }
  shaped: { type: map, inputs: [number], add: { seen: "yes" }${queue} }
sinks:
  out: { type: file, inputs: [shaped], path: "{}/out.ndjson" }
  all: { type: file, inputs: [in], path: "{}/all.ndjson" }
`;

describe('millrace dlq replay', () => {
  it('empties the dead letters of a pipeline that was mended, and completes the output', async () => {
    const bad = (i: number) => i % 100 === 7;
    const input = Array.from({ length: 3000 }, (_, i) => `{"x":"${bad(i) ? 'none' : i}"}\n`).join('');
    const { run, dlq, mend, letters, root, out } = await shop(pipeline('int(x)'), input);
    await run();
    expect(await letters()).toHaveLength(30);
    mend(pipeline('x == "none" ? -1 : int(x)'));
    expect(await dlq('replay')).toMatchObject({ code: 0, out: 'replayed 30 dead letters\n', err: '' });
    expect(await letters()).toEqual([]);
    const numbers = records(join(root, 'out.ndjson')).map(({ n }) => n as number);
    const wanted = Array.from({ length: 3000 }, (_, i) => (bad(i) ? -1 : i));
    expect(numbers.sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
    // What the branch beside it has had, it does not get again.
    expect(out('all.ndjson')).toHaveLength(3000);
    await run();
    expect(out('out.ndjson')).toHaveLength(3000);
    expect(await dlq('replay')).toMatchObject({ code: 0, out: 'no dead letters like that\n' });
  });

  it('ends with what list and stats, as the summary, say of a pipeline with 1 % bad records', async () => {
    const stages = (number: string, per: string) => `
sources: { in: { type: file, paths: ["{}/in.log"], format: json } }
transforms:
  number: { type: map, inputs: [in], set: { n: '${number}' } }
  per: { type: map, inputs: [number], set: { per: '${per}' } }
sinks: { out: { type: file, inputs: [per], path: "{}/out.ndjson" } }`;
    const text = (i: number) => (i % 200 === 7 ? 'none' : i % 200 === 107 ? '0' : String(i + 1));
    const input = Array.from({ length: 20_000 }, (_, i) => `{"i":${i},"x":"${text(i)}"}\n`).join('');
    const { root, file, dlq, mend, letters } = await shop(stages('int(x)', '100 / n'), input);
    const { code, err } = await start(['run', file], { input: '' }).ended;
    expect(code).toBe(0);
    const summary = logged(err, 'finished')[0] as {
      deadLetters: number;
      errors: { stage: string; code: string; count: number }[];
    };
    expect(summary.deadLetters).toBe(200);
    expect(await letters()).toHaveLength(200);
    const stats = JSON.parse((await dlq('stats', '--format', 'json')).out) as {
      letters: number;
      stages: { stage: string; codes: { code: string; letters: number }[] }[];
    };
    expect(stats.letters).toBe(200);
    const counted = stats.stages.flatMap(({ stage, codes }) =>
      codes.map((one) => ({ stage, code: one.code, count: one.letters })),
    );
    const byStage = (a: { stage: string }, b: { stage: string }) => a.stage.localeCompare(b.stage);
    expect(counted.sort(byStage)).toEqual([...summary.errors].sort(byStage));
    expect(counted.map(({ stage, count }) => [stage, count])).toEqual([
      ['number', 100],
      ['per', 100],
    ]);
    mend(stages('x == "none" ? 1 : int(x)', 'n == 0 ? 0 : 100 / n'));
    expect(await dlq('replay')).toMatchObject({ code: 0, out: 'replayed 200 dead letters\n', err: '' });
    expect(await letters()).toEqual([]);
    const ids = records(join(root, 'out.ndjson')).map(({ i }) => i as number);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });

  it.each(['', ', queue: disk', ', queue: { type: disk, partitions: 3, key: n }'])(
    'keeps what fails again, under new numbers, and what goes into queues (%s) for the next run',
    async (queue) => {
      const input = '{"x":"1"}\n{"x":"a"}\n{"x":"b"}\nno json\n';
      const { run, dlq, mend, letters, out } = await shop(pipeline('int(x)', queue), input);
      await run();
      const before = await letters();
      expect(before.map(({ stage }) => stage).sort()).toEqual(['in', 'number', 'number']);
      mend(pipeline('x == "a" ? 10 : int(x)', queue));
      expect(await dlq('replay')).toMatchObject({
        code: 1,
        out: 'replayed 3 dead letters, of which 2 failed again\n',
      });
      const after = await letters();
      expect(after.map(({ stage, record }) => [stage, record]).sort()).toEqual([
        ['in', 'no json'],
        ['number', '{"x":"b"}'],
      ]);
      expect(after.map(({ id }) => id)).not.toContain(before[0]!.id);
      await run();
      expect(out('out.ndjson').sort()).toEqual(['{"n":1,"seen":"yes"}', '{"n":10,"seen":"yes"}']);
    },
  );

  it('replays only those that are chosen', async () => {
    const input = '{"x":"a"}\n{"x":"b"}\nno json\n';
    const { run, dlq, mend, letters } = await shop(pipeline('int(x)'), input);
    await run();
    mend(pipeline('1'));
    expect((await dlq('replay', '--code', 'decode_failed')).out).toContain('replayed 1 dead letter');
    const [first, second] = (await letters()).filter(({ stage }) => stage === 'number');
    expect((await dlq('replay', String(first!.id))).out).toBe('replayed 1 dead letter\n');
    expect((await letters()).filter(({ stage }) => stage === 'number')).toEqual([second]);
  });

  it('makes other records of them first', async () => {
    const { run, dlq, letters, out } = await shop(pipeline('int(x)'), '{"x":"one"}\n{"x":"two"}\n');
    await run();
    const wrong = await dlq('replay', '--map', 'mesage.trim()');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('--map');
    expect(await letters()).toHaveLength(2);
    const map = 'message.replace("one", "1").replace("two", "2")';
    expect(await dlq('replay', '--map', map)).toMatchObject({ code: 0 });
    expect(out('out.ndjson')).toEqual(['{"n":1,"seen":"yes"}', '{"n":2,"seen":"yes"}']);
  });

  it('gives formats what they need from the beginning of the file', async () => {
    const stages = (set: string) => `
sources: { in: { type: file, paths: ["{}/in.log"], format: csv } }
transforms: { number: { type: map, inputs: [in], set: { n: '${set}' } } }
sinks: { out: { type: file, inputs: [number], path: "{}/out.ndjson" } }`;
    const { run, dlq, mend, out } = await shop(stages('int(b)'), 'a,b\nx,1\ny,"2,\nstill"\n');
    await run();
    mend(stages('size(b)'));
    expect(await dlq('replay')).toMatchObject({ code: 0, out: 'replayed 1 dead letter\n' });
    expect(out('out.ndjson')).toEqual(['{"a":"x","b":"1","n":1}', '{"a":"y","b":"2,\\nstill","n":8}']);
  });

  it('leaves letters alone whose way is not there any more', async () => {
    const { run, dlq, mend, letters } = await shop(pipeline('int(x)'), '{"x":"a"}\nno json\n');
    await run();
    mend(`
sources: { in: { type: file, paths: ["{}/in.log"], format: lines } }
sinks: { out: { type: file, inputs: [in], path: "{}/out.ndjson", format: lines } }`);
    const { code, out, err } = await dlq('replay');
    expect({ code, out }).toEqual({ code: 1, out: 'replayed 1 dead letter\n' });
    expect(err).toBe('warning: 1 dead letter left as it is: the pipeline has no stage "number" any more\n');
    expect(await letters()).toHaveLength(1);
  });

  it('waits its turn: while the pipeline runs, nothing is touched', async () => {
    const { run, dlq, root, letters } = await shop(pipeline('int(x)'), '{"x":"a"}\n');
    await run();
    const lock = await StateLock.take(join(root, 'state/shop'));
    try {
      const { code, err } = await dlq('replay');
      expect(code).toBe(1);
      expect(err).toContain('is in use by process');
    } finally {
      await lock.release();
    }
    expect(await letters()).toHaveLength(1);
  });
});
