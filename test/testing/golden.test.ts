import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inProcess } from '../cli/support.js';

const FOLDER = 'test/golden/testing';
const CASES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

describe('what is not as a test expects it is shown', () => {
  it.each(CASES)('%s', async (name) => {
    const { code, out, err } = await inProcess('test', `${FOLDER}/${name}`);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const found = out.replaceAll(/ {2}[\d.]+ m?s$/gm, '').replace(/ in [\d.]+ m?s/, '');
    const golden = `${FOLDER}/${name.replace('.yaml', '.out')}`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, 'utf8'));
  });
});
