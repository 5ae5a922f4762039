import { isCelError, isCelList, run } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FieldError } from '../../src/config/fields.js';
import { compileExpression, type Program, parseExpression } from '../../src/expression/index.js';
import { Failure } from '../../src/expression/values.js';
import { runs } from '../support/property.js';
import { batchOf, type Cell, newArena, valuesOf } from './records.js';

// The other implementation counts UTF-16 units, we count code points; so texts have none beyond U+FFFF. Besides, it differs
// from cel-go, the reference, in what is left out here: an empty text to replace, splits with a limit (the rest is lost), exponents below ten.
const text = fc.string({
  unit: fc.constantFrom('a', 'B', 'é', ' ', '\t', '"', '\\', '/', ',', 'ﬁ'),
  maxLength: 8,
});
const part = fc.constantFrom('a', 'B', 'é', ' ', ',', '/', 'aB', ', ', '');
const position = fc.integer({ min: -1, max: 9 });

const quoted = (value: string) => JSON.stringify(value);
const call = (name: string, ...args: fc.Arbitrary<unknown>[]) =>
  fc.tuple(...args).map((values) => `.${name}(${values.join(', ')})`);
const piece = part.map(quoted);
const pieceToFind = part.filter((value) => value !== '').map(quoted);

const onText = fc.oneof(
  call('lowerAscii'),
  call('upperAscii'),
  call('trim'),
  call('charAt', position),
  call('substring', position),
  call('substring', position, position),
  call('replace', pieceToFind, piece),
  call('replace', pieceToFind, piece, fc.integer({ min: 0, max: 3 })),
);
const toOther = fc.oneof(
  call('indexOf', piece),
  call('lastIndexOf', piece),
  call('indexOf', pieceToFind, position),
  call('lastIndexOf', pieceToFind, position),
  call('split', pieceToFind),
  call('split', pieceToFind, fc.constantFrom(-1, 0, 1)),
  call('split', pieceToFind).map((split) => `${split}.join()`),
  fc.tuple(call('split', pieceToFind), call('join', piece)).map((calls) => calls.join('')),
);
const formatted = fc.oneof(
  fc.constantFrom('"%s and %s".format([s, t])', '"%s%%".format([i])', '"%s".format([[s, t]])'),
  fc.constantFrom('"%d %x %X %o %b".format([i, i, i, i, i])', '"%x %X".format([s, t])'),
  fc.constantFrom('"%f %.0f %.3f".format([d, d, d])', '"%e %.2e".format([d, d])'),
  fc.constantFrom('"%s %s".format([b, null])', '"%s".format([])', '"%d".format([s])', '"%".format([s])'),
  fc.constantFrom('"%q".format([s])', '"%b".format([b])', '"%f".format([s])'),
);
const expression = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom('s', 't', '(s + t)'),
        fc.array(onText, { maxLength: 3 }),
        fc.option(toOther, { nil: '' }),
      )
      .map(([base, calls, last]) => `${base}${calls.join('')}${last}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('strings.quote(s)', 'strings.quote(s + t)') },
  { weight: 2, arbitrary: formatted },
);
const record = fc.record({
  s: text,
  t: text,
  i: fc.constantFrom(0n, 1n, 42n, -7n, 2n ** 53n, 2n ** 63n - 1n),
  d: fc.constantFrom(10, 12.5, 1234.5678, 99999.25, 123456789.5),
  b: fc.boolean(),
});

const arena = newArena();

/** Its value for each record; what is refused before it is evaluated is an error for all. */
function evaluated(source: string, cells: readonly Record<string, Cell>[]): unknown[] {
  let program: Program;
  try {
    program = compileExpression(parseExpression(source));
  } catch (thrown) {
    if (!(thrown instanceof FieldError)) throw thrown;
    return cells.map(() => 'an error');
  }
  arena.reset();
  const vector = program.evaluate(arena, batchOf(arena, cells));
  return valuesOf(arena, vector).map((value) => (value instanceof Failure ? 'an error' : value));
}

test('functions of texts agree with the strings extension of @bufbuild/cel', () => {
  fc.assert(
    fc.property(expression, fc.array(record, { minLength: 1, maxLength: 4 }), (source, records) => {
      const cells = records.map(({ s, t, i, d, b }) => ({
        s: { text: s },
        t: { json: JSON.stringify(t) },
        i: { json: String(i) },
        d: { double: d },
        b: { json: String(b) },
      }));
      const found = evaluated(source, cells);
      const expected = records.map((values) => {
        const result = run(source, values, { funcs: strings });
        if (isCelError(result)) return 'an error';
        return isCelList(result) ? [...result] : result;
      });
      expect(found, source).toEqual(expected);
    }),
    { numRuns: runs(3000) },
  );
});
