/** The longest name of a file that systems take, less what a temporary name adds to it. */
const MOST_NAME_BYTES = 240;
/** The longest path that systems take, less what comes before it. */
const MOST_PATH_BYTES = 3000;

/** Control characters, those that write from right to left, and those that other systems take for separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd\\]/;
const DRIVE = /^[A-Za-z]:/;
/** Windows takes these for devices, whatever comes after a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/**
 * Why a path below a folder, made of what records hold, is not safe to write to; undefined when it is. What is let through
 * means the same file on every system, and leads nowhere but into that folder.
 */
export function unsafePath(path: string): string | undefined {
  const forbidden = FORBIDDEN.exec(path)?.[0];
  if (forbidden !== undefined) return `it has ${shown(forbidden)} in it`;
  if (Buffer.byteLength(path) > MOST_PATH_BYTES) return `it is longer than ${MOST_PATH_BYTES} bytes`;
  for (const name of path.split('/')) {
    const problem = unsafeName(name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function unsafeName(name: string): string | undefined {
  if (name === '') return 'a name in it is empty';
  if (name === '.' || name === '..') return `it leads out of its folder with "${name}"`;
  if (name.endsWith('.') || name.endsWith(' ')) return 'a name in it ends with a dot or a space';
  if (DRIVE.test(name)) return 'a name in it begins as a drive does';
  if (DEVICE.test(name)) return 'a name in it is that of a device';
  if (Buffer.byteLength(name) > MOST_NAME_BYTES)
    return `a name in it is longer than ${MOST_NAME_BYTES} bytes`;
  return undefined;
}

function shown(character: string): string {
  if (character === '\\') return 'a backslash';
  return `the character U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
