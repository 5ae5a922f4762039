import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/batch/index.js';
import { TEMPLATE_FORMAT } from '../../src/formats/template.js';
import { absent, batchOf, encoderOf, encodeText, int, json, OPEN, text } from './encode.js';
import { only } from './support.js';

const create = (template: string) => encoderOf(TEMPLATE_FORMAT, { text: template }, OPEN);

describe('template', () => {
  it('writes a line for each record, with its fields and expressions', async () => {
    const arena = new Arena(1 << 22);
    const batch = batchOf(arena, {
      a: [text('x'), absent, json('"a \\"text\\""')],
      n: [int(1), int(-20), json('3.5')],
    });
    const encoder = await create('{a}: {n}, {{{type(n) == int ? n + 1 : 0}}}%');
    expect(encodeText(encoder, batch, arena)).toBe('x: 1, {2}%\n: -20, {-19}%\na "text": 3.5, {0}%\n');
    expect(TEMPLATE_FORMAT.encoder!.wanted({ type: 'template', text: '{a.b}{n + m}' }, OPEN)).toEqual(
      only('a', 'n', 'm'),
    );
  });

  it('is a text that is the same for all, or one expression', async () => {
    const arena = new Arena(1 << 22);
    const batch = batchOf(arena, { a: [json('"x"'), json('7')] });
    expect(encodeText(await create('same'), batch, arena)).toBe('same\nsame\n');
    expect(encodeText(await create('{a}'), batch, arena)).toBe('x\n7\n');
  });

  it('refuses the records for which a part fails, and no others', async () => {
    const arena = new Arena(1 << 22);
    const batch = batchOf(arena, { n: [int(1), int(0), int(2)] });
    const refused: [number, string][] = [];
    const encoder = await create('{10 / n}');
    expect(encodeText(encoder, batch, arena, (...one) => refused.push(one))).toBe('10\n5\n');
    expect(refused).toEqual([[1, expect.stringContaining('zero')]]);
  });

  it('cannot be cut inside of records of several lines', () => {
    const { framing } = TEMPLATE_FORMAT.encoder!;
    expect(framing({ type: 'template', text: '{a}' })).toBe('lines');
    expect(framing({ type: 'template', text: '{a}\n{b}' })).toBe('batches');
  });
});
