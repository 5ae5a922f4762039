import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { inProcess, temporaryFolder, write } from './support.js';

/** What is offered after these words, the last of which is being typed. */
type Complete = (script: string, words: readonly string[], cwd: string) => string[];

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).error === undefined;
}

const quoted = (text: string) => `'${text}'`;

const SHELLS: Readonly<Record<string, Complete>> = {
  bash: (script, words, cwd) => {
    const ask = `source ${quoted(script)}; COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}; _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(execFileSync('bash', ['-c', ask], { cwd, encoding: 'utf8' }));
  },
  fish: (script, words, cwd) => {
    const ask = `source ${quoted(script)}; complete -C ${quoted(words.join(' '))}`;
    const out = execFileSync('fish', ['--no-config', '-c', ask], { cwd, encoding: 'utf8' });
    return linesOf(out).map((line) => line.split('\t')[0]!);
  },
  // What zsh offers shows on a terminal only; here are the specifications that it gets.
  zsh: (script, words, cwd) => {
    const [command, ...parts] = words.slice(0, -1);
    const ask = `compdef() { :; }; _describe() { print -rl -- "\${commands[@]%%:*}"; }
      _arguments() { print -rl -- "$@"; state=command; }
      source ${quoted(script)}; ${['', command, ...parts.filter((part) => !part.startsWith('-'))].join('_')}`;
    const specifications = execFileSync('zsh', ['-f', '-c', ask], { cwd, encoding: 'utf8' });
    const globbed = specifications.includes('*.y(a|)ml') ? ['shop.yaml'] : [];
    return [...globbed, ...specifications.split(/[\s'(){}[\],:]+/)];
  },
};

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

describe.each(Object.keys(SHELLS))('completion for %s', (shell) => {
  it.skipIf(!has(shell))('offers commands, options, their values, and files', async () => {
    const folder = temporaryFolder();
    const { code, out } = await inProcess('completion', shell);
    expect(code).toBe(0);
    const script = write(folder, `millrace.${shell}`, out);
    write(folder, 'shop.yaml', '');
    write(folder, 'other.txt', '');
    const complete = (...words: string[]) => SHELLS[shell]!(script, ['millrace', ...words], folder);
    expect(complete('')).toEqual(expect.arrayContaining(['run', 'validate', 'test', 'dlq', 'completion']));
    expect(complete('va')).toContain('validate');
    expect(complete('run', '--w')).toContain('--workers');
    expect(complete('graph', '--format', '')).toEqual(expect.arrayContaining(['mermaid', 'dot']));
    expect(complete('dlq', '')).toEqual(expect.arrayContaining(['list', 'export', 'discard']));
    expect(complete('dlq', 'list', '--st')).toEqual(expect.arrayContaining(['--stage', '--state']));
    expect(complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    const files = complete('run', 's');
    expect(files).toContain('shop.yaml');
    expect(files).not.toContain('other.txt');
  });
});

describe('completion', () => {
  it('knows three shells', async () => {
    const { code, err } = await inProcess('completion', 'cmd');
    expect(code).toBe(1);
    expect(err).toContain('Allowed choices are bash, zsh, fish');
  });
});
