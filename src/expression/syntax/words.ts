/** How tightly binary operators hold; those of one level are taken from the left. */
export const LEVELS: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  in: 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
};
/** Words that CEL keeps for itself: no names, but they may follow a dot. */
export const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
export const LITERAL_WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
/** What other languages write, and what it is in CEL. */
export const WORDS_ELSEWHERE: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' };
