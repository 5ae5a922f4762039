import { describe, expect, it } from 'vitest';
import { unsafePath } from '../../src/base/path-names.js';

describe('a path made of what records hold', () => {
  it.each([
    'a',
    'a.log',
    'a/b/c.log',
    '..a',
    'a..b',
    '.hidden',
    'ä/日本',
    'a b',
    "it's",
    'c',
    'host:80',
    'a~',
    '-rf',
    '*?',
  ])('is fine: %s', (path) => {
    expect(unsafePath(path)).toBeUndefined();
  });

  it.each([
    ['', 'a name in it is empty'],
    ['/etc/passwd', 'a name in it is empty'],
    ['a//b', 'a name in it is empty'],
    ['a/', 'a name in it is empty'],
    ['..', 'it leads out of its folder with ".."'],
    ['a/../b', 'it leads out of its folder with ".."'],
    ['./a', 'it leads out of its folder with "."'],
    ['a\\..\\b', 'it has a backslash in it'],
    ['a\0.log', 'it has the character U+0000 in it'],
    ['a\nb', 'it has the character U+000A in it'],
    ['gol.\u202ea', 'it has the character U+202E in it'],
    ['\ufeffa', 'it has the character U+FEFF in it'],
    ['C:', 'a name in it begins as a drive does'],
    ['a/c:x', 'a name in it begins as a drive does'],
    ['a.', 'a name in it ends with a dot or a space'],
    ['a /b', 'a name in it ends with a dot or a space'],
    ['NUL', 'a name in it is that of a device'],
    ['x/com1.log', 'a name in it is that of a device'],
    ['x'.repeat(300), 'a name in it is longer than 240 bytes'],
    ['ä'.repeat(121), 'a name in it is longer than 240 bytes'],
    ['x/'.repeat(2000), 'it is longer than 3000 bytes'],
  ])('is refused: %.40j', (path, problem) => {
    expect(unsafePath(path)).toBe(problem);
  });
});
