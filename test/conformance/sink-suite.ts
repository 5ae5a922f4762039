import { describe, expect, it } from 'vitest';
import type { JsonValue, Sink } from '#component';

export interface SinkCase {
  /** A fresh sink, with header and footer where given. */
  readonly make: (header?: Uint8Array, footer?: Uint8Array) => Sink | Promise<Sink>;
  /** What has arrived at the other end of the last sink made; undefined where it cannot be seen. */
  readonly arrived: (() => Promise<Buffer>) | undefined;
}

const never = new AbortController().signal;

/** As a checkpoint keeps it. */
export function throughJson<T extends JsonValue>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T;
}

/** What every sink does, wherever it writes. */
export function testSink(name: string, { make, arrived }: SinkCase): void {
  const opened = async (...around: [Uint8Array?, Uint8Array?]): Promise<Sink> => {
    const sink = await make(...around);
    await sink.open(undefined);
    return sink;
  };
  const write = async (sink: Sink, text: string): Promise<void> => {
    await sink.write({ bytes: Buffer.from(text), records: 1 }, never);
  };

  describe(`sink contract: ${name}`, () => {
    it('writes blocks in order, whole, of any size', async () => {
      const sink = await opened();
      const texts = ['a\n', '', `${'x'.repeat(300_000)}\n`, 'b\n'];
      for (const text of texts) await write(sink, text);
      await (await sink.prepare()).durable();
      await sink.close();
      if (arrived) expect((await arrived()).toString()).toBe(texts.join(''));
    });

    it('has done with a buffer when write returns', async () => {
      const sink = await opened();
      const bytes = Buffer.alloc(100_000);
      for (let i = 0; i < 5; i++) {
        bytes.fill(97 + i);
        await sink.write({ bytes, records: 1 }, never);
      }
      await (await sink.prepare()).durable();
      await sink.close();
      if (!arrived) return;
      expect((await arrived()).toString()).toBe(
        [...'abcde'].map((letter) => letter.repeat(100_000)).join(''),
      );
    });

    it('has handed over everything after prepare', async () => {
      const sink = await opened();
      await write(sink, 'one\n');
      await (await sink.prepare()).durable();
      if (arrived) expect((await arrived()).toString()).toBe('one\n');
      await write(sink, 'two\n');
      await (await sink.prepare()).durable();
      if (arrived) expect((await arrived()).toString()).toBe('one\ntwo\n');
      await sink.close();
    });

    it('puts header and footer around the blocks, and around none', async () => {
      for (const blocks of [['row\n', 'row\n'], []]) {
        const sink = await opened(Buffer.from('head\n'), Buffer.from('foot\n'));
        for (const block of blocks) await write(sink, block);
        await (await sink.prepare()).durable();
        await sink.close();
        if (arrived) expect((await arrived()).toString()).toBe(`head\n${blocks.join('')}foot\n`);
      }
    });

    it('has states that JSON can hold', async () => {
      const sink = await make(Buffer.from('head\n'));
      const states = [await sink.open(undefined)];
      await write(sink, 'x'.repeat(300_000));
      states.push((await sink.prepare()).state);
      await sink.close();
      expect(throughJson(states)).toEqual(states);
    });

    it('syncs what came before a barrier while blocks come, for all who ask at once', async () => {
      const sink = await opened();
      const prepared: Promise<void>[] = [];
      for (let i = 0; i < 20; i++) {
        await write(sink, `${i}\n`);
        const { durable } = await sink.prepare();
        prepared.push(durable());
      }
      await Promise.all(prepared);
      await sink.close();
    });

    it('can be closed without a write', async () => {
      const sink = await opened();
      await sink.close();
    });
  });
}
