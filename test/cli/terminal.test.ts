import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { painter } from '../../src/cli/render.js';
import { TerminalReporter } from '../../src/cli/terminal-reporter.js';

const SNAPSHOT = {
  elapsedMs: 2000,
  bytesRead: 5e6,
  recordsRead: 1000,
  bytesPerSecond: 2.5e6,
  recordsPerSecond: 500,
  share: 0.5,
  remainingMs: 2000,
  stages: [{ stage: 'web', recordsOut: 1000 }],
  deadLetters: 0,
  draining: false,
  bottleneck: { stage: 'out', kind: 'sink', share: 0.9 } as const,
};

const ESCAPE = '\x1b';

/** What a terminal shows after `written`: it knows as many escapes as are used here. */
function screen(written: string): string {
  const rows: string[] = [''];
  let row = 0;
  for (const [i, part] of written.split(ESCAPE).entries()) {
    const [, count, command, text] = /^(?:\[(\d*)([AJ]))?(.*)$/s.exec(part)!;
    if (i > 0 && command === 'A') row -= Number(count);
    if (i > 0 && command === 'J') rows.splice(row, rows.length, '');
    for (const [n, line] of text!.replaceAll('\r', '').split('\n').entries()) {
      if (n > 0) row++;
      rows[row] = (rows[row] ?? '') + line;
    }
  }
  return rows.join('\n');
}

function terminal(env: Record<string, string> = { NO_COLOR: '1' }): { io: Io; written: () => string } {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const output = { isTerminal: true, columns: 80, write, writeBytes: async () => {} };
  const exit = (code: number): never => {
    throw new Error(`exit ${code}`);
  };
  return {
    io: { out: output, err: output, env, exit, onSignal: () => () => {} },
    written: () => written.join(''),
  };
}

const ALL = { level: 'info', showsProgress: true, showsSummary: true } as const;

describe('the display on a terminal', () => {
  it('draws progress over itself and leaves nothing of it', () => {
    const { io, written } = terminal();
    const reporter = new TerminalReporter(io, ALL);
    reporter.started({ pipeline: 'shop', file: 'p.yaml', stages: 2, workers: 2 });
    reporter.progress(SNAPSHOT);
    reporter.progress({ ...SNAPSHOT, share: 0.75 });
    expect(screen(written())).toMatchInlineSnapshot(`
      "shop  4.8 MiB  2.5 MB/s  500 records/s  2.0 s
      ███████████████████████░░░░░░░ 75 %  about 2.0 s left
      web 1.00 k
      limited by the sink "out": the others wait 90 % of the time for it
      "
    `);
    reporter.close();
    expect(screen(written())).toBe('');
  });

  it('prints warnings above the progress', () => {
    const { io, written } = terminal();
    const reporter = new TerminalReporter(io, ALL);
    reporter.started({ pipeline: 'shop', file: 'p.yaml', stages: 2, workers: 2 });
    reporter.progress(SNAPSHOT);
    reporter.stageLog.warn({ file: 'a.log' }, 'the file was truncated');
    expect(screen(written())).toMatch(/^warning: the file was truncated file="a.log"\nshop /);
    reporter.failed(new Error('the disk is full'));
    expect(screen(written())).toBe('warning: the file was truncated file="a.log"\nerror: the disk is full\n');
  });

  it('says only what the level allows', () => {
    const { io, written } = terminal();
    const reporter = new TerminalReporter(io, { ...ALL, level: 'warn' });
    reporter.stageLog.info({}, 'a new file');
    expect(written()).toBe('');
  });

  it('has colours, unless NO_COLOR says otherwise', () => {
    const { io } = terminal();
    expect(painter(io.err, {})('red', 'x')).toBe('\x1b[31mx\x1b[39m');
    expect(painter(io.err, { NO_COLOR: '1' })('red', 'x')).toBe('x');
    expect(painter({ ...io.err, isTerminal: false }, {})('red', 'x')).toBe('x');
  });
});
