import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { refusalOf } from './json-fixture.js';

const SUITE = fileURLToPath(new URL('../../../shared/conformance/json_test_suite.json', import.meta.url));

/** A case of Nicolas Seriot's JSONTestSuite: y_ must be accepted, n_ refused, i_ is left to the parser. */
interface Case {
  readonly name: string;
  readonly input: string;
  readonly options?: { readonly encoding?: string };
}

const cases = existsSync(SUITE) ? (JSON.parse(readFileSync(SUITE, 'utf8')) as Case[]) : [];

function outcomes(prefix: string): { name: string; refusal: string | undefined }[] {
  return cases
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, input, options }) => ({
      name,
      refusal: refusalOf(Buffer.from(input, options?.encoding === 'base64' ? 'base64' : 'utf8')),
    }));
}

describe.skipIf(!existsSync(SUITE))('JSONTestSuite (needs ../shared/conformance)', () => {
  it('accepts every text that is JSON', () => {
    const found = outcomes('y_');
    expect(found.length).toBeGreaterThan(40);
    expect(found.filter(({ refusal }) => refusal !== undefined)).toEqual([]);
  });

  it('refuses every text that is no JSON', () => {
    const found = outcomes('n_');
    expect(found.length).toBeGreaterThan(80);
    expect(found.filter(({ refusal }) => refusal === undefined)).toEqual([]);
  });

  it('accepts huge numbers, lone surrogates, broken UTF-8 and a byte order mark, which are left to the parser', () => {
    const found = outcomes('i_');
    expect(found.length).toBeGreaterThan(15);
    expect(found.filter(({ refusal }) => refusal !== undefined)).toEqual([]);
  });
});

describe('what JSON leaves to the parser', () => {
  it('refuses UTF-16', () => {
    expect(refusalOf(Buffer.from('[1]', 'utf16le'))).toContain('control character U+0000');
  });
});
