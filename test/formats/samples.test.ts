import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FORMATS, formatNamed, MULTILINE } from '../../src/formats/index.js';
import { JSON_FORMAT } from '../../src/formats/json/index.js';
import { configOf, decodeStream, groupedLines } from '../suites/records.js';
import { encoderOf, encodeText, OPEN } from './encode.js';
import { exampleConfig } from './samples.js';
import { decodeAll } from './support.js';

const READ_AT_MS = Date.UTC(2026, 10, 1);

describe('what the documentation shows of a format', () => {
  it.each(FORMATS.filter(({ decoder }) => decoder?.sample).map((format) => [format.name, format] as const))(
    '%s',
    async (_name, format) => {
      const { input, output } = format.decoder!.sample!;
      const { arena, batch, refused } = decodeStream(
        exampleConfig(format.example),
        Buffer.from(input),
        READ_AT_MS,
      );
      expect(refused).toEqual([]);
      const encoder = await encoderOf(JSON_FORMAT, {}, OPEN);
      expect(encodeText(encoder, batch, arena)).toBe(`${output}\n`);
    },
  );
});

describe('what the documentation shows of lines that belong together', () => {
  it.each(MULTILINE.map((kind) => [kind.name, kind] as const))('%s', async (_name, kind) => {
    const options = parse(kind.example) as string | { type: string };
    const of = typeof options === 'string' ? { type: options } : options;
    const lines = groupedLines(of, kind.sample.input);
    const format = configOf(kind.format);
    const { arena, batch, refused } = decodeAll(formatNamed(kind.format)!.decoder!.create(format), lines);
    expect(refused).toEqual([]);
    const encoder = await encoderOf(JSON_FORMAT, {}, OPEN);
    expect(encodeText(encoder, batch, arena)).toBe(`${kind.sample.output}\n`);
  });
});
