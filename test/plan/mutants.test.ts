import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { CATALOGUE } from '../../src/cli/catalogue.js';
import { formatProblem } from '../../src/config/index.js';
import { planPipeline, readPipeline } from '../../src/plan/index.js';
import { runs } from '../support/property.js';

const MUTANTS_A_RUN = 100;
const MAX_EDITS = 4;
const LIMIT_MS = 2000;
/** What means something in YAML, in interpolation, in templates and in expressions. */
const SIGNS = [
  ...': - , [ ] { } & * ! | > % @ ` " \' # ? = ~ \n \t \r \0 \ufeff \ud800 é 😀'.split(' '),
  ...'0 1e999 -1 64KiB 5m true null .inf <<: *a &a !!binary --- ... ${A} ${A ${A:-x} ${file:/x} __proto__: type: inputs:'.split(
    ' ',
  ),
  '  ',
  '\n  ',
];

function textsIn(folder: string, accept: (name: string) => boolean): string[] {
  const url = new URL(folder, import.meta.url);
  const names = readdirSync(url, { recursive: true, encoding: 'utf8' }).filter(accept);
  return names.sort().map((name) => readFileSync(new URL(name, url), 'utf8'));
}

const SEEDS = [
  ...textsIn('../../pipelines/', (name) => name.endsWith('pipeline.yaml')),
  ...textsIn('../../connectors/', (name) => name.endsWith('example.yaml')),
  ...textsIn('../golden/config/', (name) => name.endsWith('.yaml')),
].filter((text) => text.length < 4000);

/** A pipeline that is nearly one of the seeds: signs and lines taken out, put in or exchanged, or the halves of two. */
function mutant(random: Random): string {
  let text = random.pick(SEEDS);
  if (random.below(10) === 0) {
    const other = random.pick(SEEDS);
    text = text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1));
  }
  for (let edits = 1 + random.below(MAX_EDITS); edits > 0; edits--) {
    const at = random.below(text.length + 1);
    switch (random.below(4)) {
      case 0: {
        const lines = text.split('\n');
        lines.splice(random.below(lines.length), random.below(2), random.pick(lines));
        text = lines.join('\n');
        break;
      }
      case 1:
        text = text.slice(0, at) + text.slice(at + 1 + random.below(6));
        break;
      default:
        text = text.slice(0, at) + random.pick(SIGNS) + text.slice(at + random.below(2));
    }
  }
  return text;
}

it('a pipeline with any mistake is refused with its places, soon, or is a pipeline', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      for (let i = 0; i < MUTANTS_A_RUN; i++) {
        const text = mutant(random);
        const startMs = performance.now();
        const { pipeline, problems } = readPipeline(text, 'p.yaml', {
          env: {},
          set: [],
          catalogue: CATALOGUE,
        });
        if (pipeline) {
          accepted++;
          planPipeline(pipeline);
        }
        expect(performance.now() - startMs).toBeLessThan(LIMIT_MS);
        expect(pipeline === undefined).toBe(problems.length > 0);
        for (const problem of problems) {
          expect(formatProblem(problem)).toMatch(/^p\.yaml:[1-9]\d*:[1-9]\d*: ./);
          expect(problem.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
        }
      }
    }),
    { numRuns: runs(200) },
  );
  expect(accepted).toBeGreaterThan(0);
});
