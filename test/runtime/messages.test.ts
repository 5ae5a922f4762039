import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { deadLettersIn } from '../support/letters-in.js';
import { type GivenMessage, messageSource, Outbox } from '../support/messages.js';
import { runs } from '../support/property.js';
import { type RunInThreadOptions, runInThread } from '../support/run-pipeline.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-messages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let states = 0;

/** Runs in a state folder of its own; gives the dead letters. */
async function run(stages: string, options: RunInThreadOptions) {
  const state = join(folder, `state-${states++}`);
  const yaml = `name: messages\n${stages}\nruntime: { state: ${state}, batch: { max_records: 16 } }`;
  const metrics = await runInThread(yaml, 'messages.yaml', options);
  return { metrics, letters: await deadLettersIn(join(state, 'messages')) };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const given = (value: unknown, position: number, meta?: GivenMessage['meta']): GivenMessage => ({
  bytes: text(typeof value === 'string' ? value : JSON.stringify(value)),
  position,
  ...(meta && { meta }),
});

/** Positions are as large as they get in a broker that has run for long. */
const STRIDE = 123_456_789_101;

const ENVELOPE = {
  values: {
    key: { template: '{meta.routing_key}' },
    id: { template: '{meta.id}' },
    label: { template: '{meta.headers.shop}/{n}' },
    n: { template: '{n}', as: 'json' as const },
  },
};

describe('messages', () => {
  it('are one record each, whatever they hold, and expressions reach what was said of them', async () => {
    const outbox = new Outbox(ENVELOPE);
    const messages = [
      given({ n: 1 }, 7, { routing_key: 'a.b', headers: { shop: 'x "1"' } }),
      given('{\n  "n": "two",\n  "nested": {\n    "a": 1\n  }\n}\r\n', 8, { headers: {}, id: 'my-id' }),
      given({ n: 3 }, 9),
    ];
    await run('sources: { in: { type: messages } }\nsinks: { out: { type: outbox, inputs: [in] } }', {
      sources: [messageSource(messages)],
      sinks: [outbox.sink()],
    });
    expect(outbox.sent.map(({ values }) => values)).toEqual([
      { key: 'a.b', id: 'in:orders/0:7', label: 'x "1"/1', n: '1' },
      { key: undefined, id: 'my-id', label: '/two', n: '"two"' },
      { key: undefined, id: 'in:orders/0:9', label: '/3', n: '3' },
    ]);
    expect(outbox.sent.map(({ payload }) => payload.includes('\n'))).toEqual([false, false, false]);
    expect(outbox.sent.map(({ payload }) => JSON.parse(payload))).toEqual([
      { n: 1 },
      { n: 'two', nested: { a: 1 } },
      { n: 3 },
    ]);
  });

  it('become dead letters with their bytes, position and meta', async () => {
    const outbox = new Outbox(ENVELOPE);
    const bad = given('no json\nat all', 12, { headers: { shop: 'y' } });
    const { letters } = await run(
      'sources: { in: { type: messages } }\nsinks: { out: { type: outbox, inputs: [in] } }',
      { sources: [messageSource([given('', 11), bad, given({ n: 1 }, 13)])], sinks: [outbox.sink()] },
    );
    expect(outbox.sent).toHaveLength(1);
    expect(letters).toMatchObject([
      { source: 'in', partition: 'orders/0', offset: 11, code: 'decode_failed', record: '' },
      { offset: 12, record: 'no json\nat all', meta: { headers: { shop: 'y' } } },
    ]);
  });

  it('keep what was said of them through transforms, queues and fan-out', async () => {
    const meta = fc.option(
      fc.record({ routing_key: fc.string(), headers: fc.record({ shop: fc.string({ unit: 'grapheme' }) }) }),
      { nil: undefined },
    );
    const message = fc.record({ n: fc.nat(20), tags: fc.array(fc.string(), { maxLength: 3 }), meta });
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 60 }),
        fc.integer({ min: 60, max: 3000 }),
        fc.boolean(),
        async (list, batchBytes, isPretty) => {
          const messages = list.map(({ meta: said, ...record }, position) =>
            given(JSON.stringify(record, undefined, isPretty ? 2 : 0), position * STRIDE, said),
          );
          const [one, two] = [new Outbox(ENVELOPE), new Outbox(ENVELOPE)];
          await run(
            `sources: { in: { type: messages } }
transforms:
  some: { type: filter, inputs: [in], where: n % 2 == 0 }
  each: { type: explode, inputs: [some], field: tags, queue: disk }
sinks:
  one: { type: outbox, inputs: [each], queue: disk }
  two: { type: other, inputs: [in] }`,
            {
              batchBytes,
              checkpointMs: 10,
              sources: [messageSource(messages)],
              sinks: [one.sink(), { ...two.sink(), name: 'other' }],
            },
          );
          const valuesOf = ({ n, meta: said }: (typeof list)[number], position: number) => ({
            key: said?.routing_key,
            id: `in:orders/0:${position * STRIDE}`,
            label: `${said?.headers.shop ?? ''}/${n}`,
            n: String(n),
          });
          const expected = list.map(valuesOf);
          expect(two.sent.map(({ values }) => values)).toEqual(expected);
          const even = list.flatMap((one, i) => {
            if (one.n % 2 === 1) return [];
            const { id, ...others } = expected[i]!;
            const items = one.tags.map((_, item) => ({ ...others, id: `${id}/${item}` }));
            return items.length === 0 ? [expected[i]!] : items;
          });
          expect(one.sent.map(({ values }) => values)).toEqual(even);
        },
      ),
      { numRuns: runs(60) },
    );
  });
});

describe('a queue that spills', () => {
  it('brings back each message with its values', async () => {
    const outbox = new Outbox(ENVELOPE);
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const messages = Array.from({ length: 400 }, (_, n) =>
      given({ n, text: 'x'.repeat(2000) }, n, n % 3 === 0 ? undefined : { routing_key: `k${n}` }),
    );
    const source = messageSource(messages);
    const sink = outbox.sink();
    await run(
      `sources: { in: { type: messages } }
sinks: { out: { type: outbox, inputs: [in], queue: { type: memory, max_bytes: 64KiB, when_full: spill } } }`,
      {
        batchBytes: 10_000,
        sources: [
          {
            ...source,
            create: (config, context) => {
              const made = source.create(config, context);
              return {
                ...made,
                // The sink takes nothing before all has been read, so that most of it waits on the disk.
                async *read(...given) {
                  yield* made.read(...given);
                  open();
                },
              };
            },
          },
        ],
        sinks: [
          {
            ...sink,
            create: (config, context) => {
              const made = sink.create(config, context);
              const write: typeof made.write = async (...given) => {
                await opened;
                return (await made.write(...given)) ?? [];
              };
              return { ...made, write };
            },
          },
        ],
      },
    );
    expect(outbox.sent.map(({ values }) => values)).toEqual(
      messages.map((_, n) => ({
        key: n % 3 === 0 ? undefined : `k${n}`,
        id: `in:orders/0:${n}`,
        label: `/${n}`,
        n: String(n),
      })),
    );
    expect(outbox.sent.map(({ payload }) => JSON.parse(payload).n)).toEqual(messages.map((_, n) => n));
  });
});

describe('records that a sink refuses', () => {
  it('are tried again or given up one by one, and never more than once written', async () => {
    const fate = fc.constantFrom('ok', 'denied', 'busy once', 'busy');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fate, { maxLength: 40 }),
        fc.integer({ min: 60, max: 2000 }),
        fc.constantFrom('dead_letter' as const, 'drop' as const),
        async (fates, batchBytes, then) => {
          const seen = new Set<string>();
          const outbox = new Outbox(ENVELOPE, ({ values: { id } }) => {
            const is = fates[Number(id!.split(':')[2])];
            const isFirst = !seen.has(id!);
            seen.add(id!);
            if (is === 'denied') return { code: 'denied', message: `no ${id}` };
            const isBusy = is === 'busy' || (is === 'busy once' && isFirst);
            return isBusy ? { code: 'busy', message: `later ${id}`, retryable: true } : undefined;
          });
          const messages = fates.map((is, n) => given({ n, is, more: 'x'.repeat(20) }, n, { key: `k${n}` }));
          const retry = '{ attempts: 3, backoff: 1ms, max_backoff: 2ms }';
          const { metrics, letters } = await run(
            `sources: { in: { type: messages } }
transforms: { less: { type: map, inputs: [in], drop: [more] } }
sinks: { out: { type: outbox, inputs: [less], on_error: { retry: ${retry}, then: ${then} } } }`,
            { batchBytes, sources: [messageSource(messages)], sinks: [outbox.sink()] },
          );
          const given_up = ['denied', 'busy'];
          const wellIds = fates.flatMap((is, n) => (given_up.includes(is) ? [] : [`in:orders/0:${n}`]));
          expect(outbox.sent.map(({ values }) => values.id).sort()).toEqual(wellIds.sort());
          const out = metrics.stage('out');
          expect([out.recordsIn, out.recordsOut]).toEqual([fates.length, wellIds.length]);
          expect(out.dropped + out.deadLettered).toBe(fates.length - wellIds.length);
          if (then === 'drop') {
            expect(letters).toEqual([]);
            return;
          }
          const expected = fates.flatMap((is, n) =>
            given_up.includes(is)
              ? [{ offset: n, code: is, attempts: is === 'busy' ? 3 : 1, record: messages[n]!.bytes }]
              : [],
          );
          const found = letters.map(({ offset, code, attempts, record }) => ({
            offset,
            code,
            attempts,
            record,
          }));
          expect(found.sort((a, b) => a.offset - b.offset)).toEqual(
            expected.map((one) => ({ ...one, record: Buffer.from(one.record).toString() })),
          );
          for (const { offset, meta, stage } of letters)
            expect([meta, stage]).toEqual([{ key: `k${offset}` }, 'out']);
        },
      ),
      { numRuns: runs(40) },
    );
  });

  it('stop the run where the stage says so', async () => {
    const outbox = new Outbox(ENVELOPE, () => ({ code: 'denied', message: 'the receiver says no' }));
    const failure = run(
      'sources: { in: { type: messages } }\nsinks: { out: { type: outbox, inputs: [in], on_error: stop } }',
      { sources: [messageSource([given({ n: 1 }, 1)])], sinks: [outbox.sink()] },
    );
    await expect(failure).rejects.toMatchObject({ code: 'denied' });
  });
});

describe('batches as messages', () => {
  it('hold records that agree in all values but those of the first', async () => {
    const outbox = new Outbox({
      batch: true,
      values: { shop: { template: '{meta.headers.shop}' }, id: { template: '{meta.id}', of: 'first' } },
    });
    const messages = Array.from({ length: 40 }, (_, n) =>
      given({ n }, n, { headers: { shop: `s${n % 3}` } }),
    );
    await run('sources: { in: { type: messages } }\nsinks: { out: { type: outbox, inputs: [in] } }', {
      sources: [messageSource(messages)],
      sinks: [outbox.sink()],
    });
    expect(outbox.sent.map(({ values }) => values)).toEqual([
      { shop: 's0', id: 'in:orders/0:0' },
      { shop: 's1', id: 'in:orders/0:1' },
      { shop: 's2', id: 'in:orders/0:2' },
    ]);
    const numbers = outbox.sent.map(({ payload }) =>
      payload.split('\n').map((line) => JSON.parse(line).n % 3),
    );
    expect(numbers.map((list) => new Set(list))).toEqual([new Set([0]), new Set([1]), new Set([2])]);
    expect(numbers.flat()).toHaveLength(40);
    expect(
      outbox.blocks.flatMap(({ envelope }) => [...envelope!.origin.positions]).sort((a, b) => a - b),
    ).toEqual(messages.map(({ position }) => position));
  });
});
