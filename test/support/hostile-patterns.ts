/** A pattern that makes an engine that backtracks take long, and the text on which it does. */
export interface HostilePair {
  readonly name: string;
  /** In the syntax of RE2 and of Oniguruma, with the group `f`. */
  readonly pattern: string;
  /** As many units long as one likes. */
  readonly text: (length: number) => string;
}

const pumped =
  (unit: string, end = '\u0001', start = '') =>
  (length: number): string =>
    `${start}${unit.repeat(Math.ceil(length / unit.length)).slice(0, length)}${end}`;

const pair = (name: string, pattern: string, text: HostilePair['text']): HostilePair => ({
  name,
  pattern,
  text,
});

/** Kinds of patterns that are known to have stopped services, and the textbook's. */
export const HOSTILE_PAIRS: readonly HostilePair[] = [
  pair('a repetition of a repetition', '^(?<f>(?:a+)+)$', pumped('a')),
  pair('a repetition that may be empty', '^(?<f>(?:a*)*)$', pumped('a')),
  pair('alternatives that overlap', '^(?<f>(?:a|aa)+)$', pumped('a')),
  pair('an alternative that may be empty', '^(?<f>(?:a|a?)+)$', pumped('a')),
  pair('one letter as class and as itself', '^(?<f>(?:\\w|a)+)$', pumped('a')),
  pair('three nested repetitions', '^(?<f>(?:(?:a+)+)+)$', pumped('a')),
  pair('two repetitions side by side, repeated', '^(?<f>(?:x+x+)+y)', pumped('x', 'z')),
  pair('many dots', '^(?<f>(?:.*a){12})$', pumped('a')),
  pair('many dots, commas between them', '^(?<f>(?:.*?,){11}P)', pumped('1,')),
  pair('words and spaces', '^(?<f>(?:\\w+\\s?)+)$', pumped('a')),
  pair('words, and spaces or not', '^(?<f>(?:\\w+\\s*)+:)', pumped('ab')),
  pair('white space at the end of lines', '(?<f>\\s+)$', pumped(' ', 'a')),
  pair('white space about a text', '^[\\s]+|(?<f>[\\s]+)$', pumped(' ', 'a', 'a')),
  pair('two repetitions of the same', '^(?<f>\\d+\\d+\\d+)x', pumped('1')),
  pair(
    'values with operators',
    '(?<f>(?:(?:"|\\d|nan|true|-|\\+)+[)]*;?(?:(?:\\s|-|~|!|\\+)*.*(?:.*=.*))))',
    pumped('x', '', 'x='),
  ),
  pair('an e-mail address', '^(?<f>(?:[a-zA-Z0-9])(?:[-.]|[_]+)?(?:[a-zA-Z0-9]+)+)@', pumped('a')),
  pair('parts of a domain', '^(?<f>(?:[a-z0-9]+[.-]?)+\\.com)$', pumped('a')),
  pair('a name in two cases', '^(?<f>(?:(?:[a-z])+.)+[A-Z](?:[a-z])+)$', pumped('a')),
  pair('the scheme of an address', '(?<f>[A-Za-z](?:[A-Za-z0-9+\\-.]+)+)://', pumped('a')),
  pair('a path', '^(?<f>(?:/(?:[\\w_%!$@:.,+~-]+|\\\\.)*)+)$', pumped('/aaaaaaaa')),
  pair('a path of words', '^(?<f>(?:/?(?:[\\w.-]+)*)+)$', pumped('a')),
  pair(
    "a path with drive's letter",
    '^(?<f>(?:[A-Za-z]+:|\\\\)(?:\\\\?[^\\\\?*]*)+)\\?$',
    pumped('a', '*', 'C:'),
  ),
  pair('a quoted text with escapes', '^(?<f>"(?:\\\\.|[^\\\\"]+|.)*")$', pumped('a', '', '"')),
  pair('pairs of keys and values', '^(?<f>(?:\\s*\\w+=\\w*\\s*;?)*)$', pumped('a=b ')),
  pair('pairs without a separator', '^(?<f>(?:(?:\\w+)=?(?:\\w*)\\s*)+)$', pumped('ab')),
  pair('fields with commas', '^(?<f>(?:[^,]*,?)+)x$', pumped('a')),
  pair('data before data before data', '^(?<f>.*?.*?.*?.*?.*?)=x$', pumped('=')),
  pair('a number with groups', '^(?<f>(?:\\d+,?)+(?:\\.\\d+)?)$', pumped('1')),
  pair('a version', '^(?<f>(?:v?\\d+(?:\\.\\d+)*)+)-', pumped('1')),
  pair('comments', '^(?<f>/\\*(?:[^*]*\\*?)*\\*/)', pumped('*a', '', '/*')),
  pair('tags', '(?<f><(?:[a-z]+\\s*)*>)', pumped('a', '', '<')),
];
