import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/formats/index.js';
import { JSON_FORMAT } from '../../src/formats/json/index.js';
import { decodeStream } from '../suites/records.js';
import { encoderOf, encodeText, OPEN } from './encode.js';
import { exampleConfig } from './samples.js';

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
