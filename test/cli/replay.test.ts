import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { StateLock } from '../../src/runtime/state-lock.js';
import { type Ended, inProcess, lines, records, temporaryFolder, until } from './support.js';

interface Shop {
  readonly root: string;
  /** Writes a pipeline's file; `{}` stands for the folder. */
  write(name: string, stages: string): string;
  /** Puts records with these numbers behind the input, and runs the pipeline. */
  run(from: number, to: number): Promise<void>;
  replay(...options: string[]): Promise<Ended>;
  text(name: string): string;
}

const STAGES = `
sources: { in: { type: file, paths: ["{}/in.ndjson"], format: json } }
transforms:
  even: { type: filter, inputs: [in], where: n % 2 == 0, queue: { type: disk, retain: { age: 7d } } }
  more: { type: map, inputs: [even], set: { next: n + 1 } }
sinks:
  out: { type: file, inputs: [more], path: "{}/out.ndjson", queue: disk }
  even_too: { type: file, inputs: [even], path: "{}/even.ndjson" }
`;

function shop(stages = STAGES): Shop {
  const root = temporaryFolder();
  const write = (name: string, text: string) => {
    const path = join(root, `${name}.yaml`);
    writeFileSync(path, `name: ${name}\nruntime: { state: "${root}/state" }\n${text.replaceAll('{}', root)}`);
    return path;
  };
  const file = write('shop', stages);
  return {
    root,
    write,
    run: async (from, to) => {
      let input = '';
      for (let n = from; n < to; n++) input += `${JSON.stringify({ n, name: `record ${n}` })}\n`;
      appendFileSync(join(root, 'in.ndjson'), input);
      const { code } = await inProcess('run', file, '--quiet', '--workers', '0');
      expect(code).toBe(0);
    },
    replay: (...options) => inProcess('replay', file, ...options, '--workers', '0'),
    text: (name) => readFileSync(join(root, name), 'utf8'),
  };
}

/** Another version of it, with input of its own, of which there is none. */
const NEXT = `
sources: { in: { type: file, paths: ["{}/none*"], allow_empty: true, format: json } }
transforms:
  even: { type: filter, inputs: [in], where: n % 2 == 0 }
  more: { type: map, inputs: [even], set: { next: '"after " + name' } }
sinks:
  out: { type: file, inputs: [more], path: "{}/out.txt" }
`;

/** A moment after which nothing was written so far. */
async function now(): Promise<string> {
  const before = Date.now();
  await until(() => Date.now() > before, 'the clock has gone on');
  return new Date().toISOString();
}

const evenFrom = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i).filter((n) => n % 2 === 0);
const numbersIn = (root: string, name: string) => records(join(root, name)).map(({ n }) => n as number);

describe('replay --into', () => {
  it('reproduces a day, byte for byte, and touches nothing else', async () => {
    const { root, run, replay, text } = shop();
    await run(0, 100);
    const begin = await now();
    await run(100, 300);
    const end = await now();
    await run(300, 350);
    const [out, even] = [text('out.ndjson'), text('even.ndjson')];
    const ended = await replay(
      'even',
      '--from',
      begin,
      '--to',
      end,
      '--into',
      `{ type: file, path: "${root}/day.ndjson" }`,
    );
    expect(ended).toMatchObject({ code: 0, out: '', err: 'replayed 200 records of "even"\n' });
    // What goes to both sinks comes from both ways.
    const day = records(join(root, 'day.ndjson'));
    expect(day.filter(({ next }) => next === undefined).map(({ n }) => n)).toEqual(evenFrom(100, 300));
    const lower = lines(out).findIndex((line) => line.startsWith('{"n":100,'));
    const whole = lines(text('day.ndjson')).filter((line) => line.includes('"next"'));
    expect(whole).toEqual(lines(out).slice(lower, lower + 100));
    expect([text('out.ndjson'), text('even.ndjson')]).toEqual([out, even]);
  });

  it('works while the pipeline runs, and reads what waits', async () => {
    const { root, run, replay } = shop();
    await run(0, 10);
    const lock = await StateLock.take(join(root, 'state/shop'));
    try {
      const into = `{ type: file, path: "${root}/x.ndjson" }`;
      expect(await replay('even', '--from', '3', '--to', '7', '--into', into)).toMatchObject({ code: 0 });
    } finally {
      await lock.release();
    }
    expect(numbersIn(root, 'x.ndjson').sort()).toEqual([4, 4, 6, 6]);
  });

  it('writes into a sink of the file as a part of its checkpoints', async () => {
    const { root, run, replay } = shop();
    await run(0, 10);
    expect(await replay('even', '--from', '8', '--into', 'even_too')).toMatchObject({ code: 0 });
    await run(10, 12);
    expect(numbersIn(root, 'even.ndjson')).toEqual([0, 2, 4, 6, 8, 8, 8, 10]);
  });

  it('says what fails, and keeps no dead letters of it', async () => {
    const stages = STAGES.replace('n + 1', 'int(name)');
    const { root, run, replay } = shop(STAGES);
    await run(0, 40);
    const other = shop(stages);
    const file = other.write('broken', stages);
    const into = `{ type: file, path: "${root}/x.ndjson" }`;
    const { code, err } = await replay('even', '--config', file, '--into', into);
    expect(code).toBe(1);
    expect(lines(err).filter((line) => line.includes('a record failed at "more"'))).toHaveLength(5);
    expect(err).toContain('warning: 20 records failed\n');
    expect((await inProcess('dlq', 'list', join(root, 'shop.yaml'))).out).toBe('no dead letters\n');
  });

  it.each([
    [['even', '--into', 'nowhere'], '--into: expected a sink of the file (out, even_too), a type of sinks ('],
    [['even', '--into', '{ type: fil }'], 'did you mean "file"?'],
    [['even', '--into', '{ type: file, inputs: [in], path: x }'], 'is not needed here: leave it out'],
    [['more', '--into', 'stdout'], 'there is no durable queue in front of "more": expected one of even, out'],
    [['even'], 'say with --from where the replay begins'],
    [['even', '--from', 'now'], 'expected earliest, committed, an offset such as 1200'],
  ])('refuses %j', async (options, message) => {
    const { run, replay } = shop();
    await run(0, 4);
    const { code, err, out } = await replay(...options);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(message);
  });
});

describe('replay without --into', () => {
  it('writes outputs again, when told to, and goes on after the next run', async () => {
    const { root, run, replay } = shop();
    await run(0, 10);
    const unsure = await replay('even', '--from', '4');
    expect(unsure).toMatchObject({ code: 1, out: '' });
    expect(unsure.err).toBe(
      'error: "even" gets 6 records again, and its outputs are written again: with --yes they are; --into another sink leaves them alone\n',
    );
    expect(await replay('even', '--from', '4', '--yes')).toMatchObject({ code: 0 });
    expect(numbersIn(root, 'even.ndjson')).toEqual([...evenFrom(0, 10), 4, 6, 8]);
    // What goes into another durable queue is for the next run.
    expect(numbersIn(root, 'out.ndjson')).toEqual(evenFrom(0, 10));
    await run(10, 12);
    expect(numbersIn(root, 'out.ndjson').sort((a, b) => a - b)).toEqual([0, 2, 4, 4, 6, 6, 8, 8, 10]);
    expect((await replay('even', '--yes')).err).toBe('replayed 2 records of "even"\n');
  });

  it('waits its turn: while the pipeline runs, nothing is written', async () => {
    const { root, run, replay } = shop();
    await run(0, 4);
    const lock = await StateLock.take(join(root, 'state/shop'));
    try {
      const { code, err } = await replay('even', '--from', 'earliest', '--yes');
      expect(code).toBe(1);
      expect(err).toContain('is in use by process');
    } finally {
      await lock.release();
    }
    expect(numbersIn(root, 'even.ndjson')).toEqual([0, 2]);
  });
});

describe('replay --config', () => {
  it('is a group with an offset of its own', async () => {
    const { root, write, run, replay, text } = shop();
    const other = write('next', NEXT);
    const list = async () =>
      lines((await inProcess('queue', 'list', join(root, 'shop.yaml'))).out).slice(1, 3);
    await run(0, 10);
    const first = await replay('even', '--config', other);
    expect(first).toMatchObject({ code: 0, err: 'replayed 10 records of "even"\n' });
    // Fields that nobody had looked into when the queue was filled.
    expect(lines(text('out.txt'))[1]).toBe('{"n":2,"name":"record 2","next":"after record 2"}');
    await run(10, 14);
    const [stage, group] = await list();
    expect(stage).toMatch(/ even +14 +0$/);
    expect(group).toMatch(/ next +10 +4$/);
    // Its own checkpoints know it, whatever else they hold.
    expect((await inProcess('run', other, '--quiet', '--workers', '0')).code).toBe(0);
    expect((await replay('even', '--config', other)).err).toBe('replayed 4 records of "even"\n');
    expect((await replay('even', '--config', other)).out).toBe('there is nothing to replay\n');
    expect(numbersIn(root, 'out.txt')).toEqual(evenFrom(0, 14));
    expect((await replay('even', '--config', other, '--from', 'earliest', '--to', '2')).err).toContain(
      'replayed 2',
    );
  });

  it('is told once which records were removed before it came', async () => {
    const { root, write, run, replay } = shop(STAGES.replace('age: 7d', 'age: 1h'));
    const other = write('next', NEXT);
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const next = () => replay('even', '--config', other);
    await run(0, 10);
    expect((await next()).err).toBe('replayed 10 records of "even"\n');
    await run(10, 14);
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    await run(14, 16);
    const warning = (records: string) =>
      `warning: "next" comes too late for ${records}: removed, as "retain" allows\n`;
    expect(await next()).toMatchObject({
      code: 1,
      err: `${warning('4 records of in/0, offsets 10 to 13')}replayed 2 records of "even"\n`,
    });
    expect(await next()).toMatchObject({ code: 0, out: 'there is nothing to replay\n', err: '' });
    expect(numbersIn(root, 'out.txt')).toEqual([...evenFrom(0, 10), ...evenFrom(14, 16)]);

    // Although nothing is left that it could read.
    await run(16, 20);
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    await inProcess('queue', 'reset', join(root, 'shop.yaml'), 'even', '--to', '18', '--yes');
    await run(20, 20);
    expect(await next()).toMatchObject({
      code: 1,
      err: `${warning('4 records of in/0, offsets 16 to 19')}replayed 0 records of "even"\n`,
    });
    expect(await next()).toMatchObject({ code: 0, out: 'there is nothing to replay\n' });
  });

  it('refuses a file that is the same pipeline, or has no such stage', async () => {
    const { root, run, replay, write } = shop();
    await run(0, 4);
    const same = await replay('even', '--config', join(root, 'shop.yaml'));
    expect(same.code).toBe(1);
    expect(same.err).toContain('both files are of the pipeline "shop"');
    const other = write('next', STAGES.replaceAll('even', 'odd'));
    expect((await replay('even', '--config', other)).err).toContain(
      'has no transform or sink "even" that could get the records',
    );
    const wrong = await replay('even', '--config', other, '--set', 'sinks.out.pth=x');
    expect(wrong.code).toBe(78);
  });
});

it('gives one sink what a route gives to several', async () => {
  const { root, run, replay } = shop(`
sources: { in: { type: file, paths: ["{}/in.ndjson"], format: json } }
transforms:
  sized: { type: route, inputs: [in], routes: { small: n < 3, large: n > 5, odd: n % 2 == 1 }, queue: { type: disk, retain: { age: 1d } } }
  marked: { type: map, inputs: [sized.odd], set: { odd: true } }
sinks:
  some: { type: file, inputs: [sized.small, sized.large], path: "{}/some.ndjson" }
  odds: { type: file, inputs: [marked], path: "{}/odds.ndjson" }
`);
  await run(0, 9);
  expect(await replay('sized', '--into', `{ type: file, path: "${root}/x.ndjson" }`)).toMatchObject({
    code: 0,
  });
  const both = [...numbersIn(root, 'some.ndjson'), ...numbersIn(root, 'odds.ndjson')];
  expect(numbersIn(root, 'x.ndjson').sort()).toEqual(both.sort());
});
