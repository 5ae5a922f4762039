import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inProcess } from '../cli/support.js';

const FOLDERS = readdirSync('pipelines').map((name) => `pipelines/${name}`);

describe('the tests of the pipelines that come with Millrace', () => {
  it.each(FOLDERS)('%s', async (folder) => {
    expect(existsSync(`${folder}/pipeline.test.yaml`), 'every pipeline has tests').toBe(true);
    const { code, out, err } = await inProcess('test', folder);
    expect({ code, err, out }).toMatchObject({ code: 0, err: '', out: expect.stringContaining('passed') });
  });
});
