import { describe, expect, test } from 'vitest';
import { FieldError } from '../../src/config/fields.js';
import { compileTemplate, parseTemplate } from '../../src/expression/index.js';
import { batchOf, type Cell, newArena, plainValuesOf } from './records.js';

const records: Readonly<Record<string, Cell>>[] = [
  { host: { text: 'a.example' }, status: { int: 500 }, user: { json: '{"name":"Ann","tags":["x"]}' } },
  { host: null, status: { text: 'none' }, user: { json: '"\\u0041nn"' } },
];

function render(text: string): unknown[] {
  const arena = newArena();
  return plainValuesOf(arena, compileTemplate(parseTemplate(text)).evaluate(arena, batchOf(arena, records)));
}

describe('templates', () => {
  test('join text and expressions', () => {
    expect(render('web.{host}.{status}')).toEqual(['web.a.example.500', 'web..none']);
    expect(render('{host}{missing}')).toEqual(['a.example', '']);
    expect(render('{status == 500 ? "bad" : "good"}!')).toEqual(['bad!', 'good!']);
  });

  test('write strings without quotes and other JSON as it stands', () => {
    expect(render('<{user}>')).toEqual(['<{"name":"Ann","tags":["x"]}>', '<Ann>']);
  });

  test('a single expression keeps its type', () => {
    expect(render('{status}')).toEqual([500n, 'none']);
    expect(parseTemplate('{status > 1}').kind).toBe('bool');
    expect(parseTemplate('{status} ').kind).toBe('text');
  });

  test('doubled braces are braces, also beside and inside of parts', () => {
    expect(render('{{{status}}}')).toEqual(['{500}', '{none}']);
    expect(render('a{{b}}')).toEqual(['a{b}', 'a{b}']);
    expect(render('{status}-{"}" + "{"}')).toEqual(['500-}{', 'none-}{']);
    expect(render('{ {"a": status}["a"] }')).toEqual([500n, 'none']);
  });

  test('text alone is a constant', () => {
    expect(render('out/errors.ndjson')).toEqual(['out/errors.ndjson', 'out/errors.ndjson']);
    expect(render('')).toEqual(['', '']);
  });

  test('a part that fails fails its row', () => {
    expect(render('{status + 1} {host}')).toEqual([
      '501 a.example',
      { error: '+ does not take string and int' },
    ]);
  });

  test('know the fields that they read', () => {
    expect([...parseTemplate('{host}/{user.name + string(status)}/{meta.file}').names]).toEqual([
      'host',
      'user',
      'status',
    ]);
  });

  test.each([
    ['a{host', 1, 'this "{" is never closed, a literal brace is "{{"'],
    ['a}b', 1, 'this "}" closes nothing, a literal brace is "}}"'],
    ['a{}', 2, 'expected an expression, found nothing'],
    ['site {hots.startWith("a")}', 11, 'there is no function "startWith"'],
    ['{"abc}', 1, 'this string has no closing quote'],
  ])('%s is refused', (text, offset, message) => {
    expect(mistakeIn(text)).toMatchObject({ message, offset });
  });
});

function mistakeIn(text: string): FieldError {
  try {
    parseTemplate(text);
  } catch (error) {
    if (error instanceof FieldError) return error;
    throw error;
  }
  throw new Error(`no mistake was found in ${text}`);
}
