import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inProcess, temporaryFolder, write } from '../cli/support.js';
import { filesUnder, readText } from '../house-files.js';

/** `scale-out` runs the pipeline of another folder, in containers. */
const FOLDERS = readdirSync('pipelines')
  .filter((name) => name !== 'scale-out')
  .map((name) => `pipelines/${name}`);

describe('the tests of the pipelines that come with Millrace', () => {
  it.each(FOLDERS)('%s', async (folder) => {
    expect(existsSync(`${folder}/pipeline.test.yaml`), 'every pipeline has tests').toBe(true);
    const { code, out, err } = await inProcess('test', folder);
    expect({ code, err, out }).toMatchObject({ code: 0, err: '', out: expect.stringContaining('passed') });
  });
});

describe('the tests in the documents', () => {
  const tested = filesUnder('docs', '.md').flatMap((page) =>
    [...readText(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
      .map(([, yaml], i) => ({ page, number: i + 1, yaml: yaml! }))
      .filter(({ yaml }) => /^tests:/m.test(yaml) && /^sources:/m.test(yaml)),
  );

  it('are there', () => expect(tested.length).toBeGreaterThan(0));

  it.each(tested)('$page, $number', async ({ yaml }) => {
    const file = write(temporaryFolder(), 'page.yaml', yaml);
    const { code, out, err } = await inProcess('test', file);
    expect({ code, err, out }).toMatchObject({ code: 0, err: '', out: expect.stringContaining('passed') });
  });
});
