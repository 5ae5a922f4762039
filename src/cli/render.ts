import { styleText } from 'node:util';
import type { Output } from './io.js';

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Paint = (colour: Colour, text: string) => string;

/** Colours on a terminal, unless NO_COLOR is set (no-color.org); plain text otherwise. */
export function painter(output: Output, env: Readonly<Record<string, string | undefined>>): Paint {
  const { NO_COLOR: noColour, TERM: terminal } = env;
  const coloured = output.isTerminal && !noColour && terminal !== 'dumb';
  return coloured ? (colour, text) => styleText(colour, text, { validateStream: false }) : (_, text) => text;
}

/** `1,234,567`. Not by `toLocaleString`, whose first call takes 15 ms. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 source`, `2 sources`. */
export function plural(count: number, word: string): string {
  const ending = word.endsWith('ch') ? 'es' : 's';
  return `${formatCount(count)} ${word}${count === 1 ? '' : ending}`;
}

/** Bytes a second in MB/s, as disks and networks are measured. */
export function formatRate(bytesPerSecond: number): string {
  const megabytes = bytesPerSecond / 1e6;
  return `${megabytes >= 100 ? formatCount(Math.round(megabytes)) : megabytes.toFixed(1)} MB/s`;
}

/** A large number in few characters: `950`, `12.3 k`, `4.56 M`. */
export function shortCount(count: number): string {
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (count >= size) return `${(count / size).toPrecision(3)} ${unit}`;
  }
  return String(Math.round(count));
}

/** A bar of `width` characters of which `share` (0 to 1) is full. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** Lines in which cells stand below each other; `right` holds the columns that are aligned to the right. */
export function table(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) => (right.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)));
    return cells.join('  ').trimEnd();
  });
}

/** Breaks a text into lines of at most `width` characters, at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Cuts what does not fit. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
