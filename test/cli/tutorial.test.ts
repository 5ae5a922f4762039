import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../house-files.js';

const PAGE = readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8');

/** What the page asks of its reader, in its order. */
type Step =
  | { readonly kind: 'save'; readonly file: string; readonly content: string }
  | { readonly kind: 'run'; readonly command: string; readonly prints: readonly string[] };

function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  for (const [, before, language, content] of page.matchAll(
    /((?:.+\n)*)\n```(ya?ml|sh)\n([\s\S]*?)^```$/gm,
  )) {
    const file = [...before!.matchAll(/`([\w.]+\.yaml)`/g)].at(0)?.[1];
    if (language !== 'sh') steps.push({ kind: 'save', file: file!, content: content! });
    else {
      for (const [, command, prints] of content!.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm))
        steps.push({ kind: 'run', command: command!, prints: prints!.trimEnd().split('\n') });
    }
  }
  return steps;
}

/** The printed lines as a pattern: `…` stands for anything, within a line or for some of them. */
function patternOf(lines: readonly string[]): RegExp {
  const text = lines.join('\n').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${text.replaceAll('…', '[^]*?')}$`);
}

describe('the tutorial', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tutorial-'));
  const steps = stepsOf(PAGE);

  beforeAll(() => {
    const program = join(folder, 'millrace');
    writeFileSync(
      program,
      `#!/bin/sh\nexec "${process.execPath}" "${ROOT}/dist/bin/millrace.js" "$@" 2>&1\n`,
    );
    chmodSync(program, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has something to save and to run', () => {
    expect(steps.filter(({ kind }) => kind === 'save').length).toBeGreaterThan(3);
    expect(steps.filter(({ kind }) => kind === 'run').length).toBeGreaterThan(15);
  });

  // One after another in one folder, as a reader does it.
  it.each(steps.map((step) => [step.kind === 'save' ? `save ${step.file}` : step.command, step] as const))(
    '%s',
    (_, step) => {
      if (step.kind === 'save') return writeFileSync(join(folder, step.file), step.content);
      const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder };
      const printed = execFileSync('bash', ['-ec', step.command], { cwd: folder, env, encoding: 'utf8' });
      expect(printed.trimEnd()).toMatch(patternOf(step.prints));
    },
  );
});
