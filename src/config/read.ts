import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  Parser,
} from 'yaml';
import { InterpolationError, interpolate, type Outside, typedScalar } from './interpolate.js';
import { childPath, type ListNode, type MapEntry, type Node, quote, type ScalarNode } from './node.js';
import { type Place, type Problems, type Source, sourceOf } from './problem.js';

/** Limits that keep a hostile file from costing time or memory. */
export const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_ALIASES = 100;
const MAX_TOKENS = 300_000;
/** The parser gives up after this many tokens that cannot stand where they do. */
const MAX_STRAY_TOKENS = 100;
/** How many values aliases may stand for in all. */
const MAX_ALIASED_VALUES = 100_000;

/**
 * Reads one YAML 1.2 document into positioned values and fills `${…}` in its scalars. Merge keys (`<<`) are resolved.
 * @returns undefined when it is no YAML; then `problems` says why. An empty document is a `null`
 */
export function readYaml(text: string, file: string, outside: Outside, problems: Problems): Node | undefined {
  const source = sourceOf(file, text);
  const start = { source, offset: 0 };
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    problems.add(
      start,
      '',
      'the file is larger than 1 MiB: a configuration cannot be, is this the right file?',
    );
    return undefined;
  }
  const before = problems.count;
  const document = parse(source, problems);
  if (!document || problems.count > before) return undefined;
  if (!document.contents) return { kind: 'scalar', place: start, value: null, text: '', style: 'plain' };
  const reader = new Reader(source, outside, problems);
  try {
    return reader.node(document.contents, '', 0).node;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problems.add({ source, offset: error.offset }, '', error.message);
    return undefined;
  }
}

/** The whole text cannot be read. */
class Refused extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

function parse(source: Source, problems: Problems): Document.Parsed | undefined {
  const add = (offset: number, message: string): void => problems.add({ source, offset }, '', message);
  let documents: Document.Parsed[];
  try {
    // The composer recurses, and near the end of the stack V8 can abort the process: depth is limited before it runs.
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false, schema: 'core', strict: true });
    documents = [...composer.compose(tokensOf(source.text), true, source.text.length)] as Document.Parsed[];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    add(error.offset, error.message);
    return undefined;
  }
  for (const { errors, warnings } of documents) {
    for (const { pos, message } of errors) add(pos[0], `not valid YAML: ${message}`);
    for (const { pos, message } of warnings)
      add(pos[0], message.replace(/^Unresolved tag: /, 'unknown tag '));
  }
  const second = documents[1];
  if (second) add(second.range[0], 'a pipeline is one YAML document, and here a second one begins');
  return documents[0];
}

function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser();
  let documents = 0;
  let versions = 0;
  let stray = 0;
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      yield token;
      if (token.type === 'document' && ++documents > 2) return;
      if (token.type === 'directive' && token.source.startsWith('%YAML') && ++versions > 1)
        throw new Refused(token.offset, 'not valid YAML: the directive %YAML stands twice');
      if (token.type === 'error' && ++stray > MAX_STRAY_TOKENS) return;
    }
    // The parser's stack holds the document and the open collections.
    if (parser.stack.length > MAX_DEPTH + 1)
      throw new Refused(parser.offset, `nested deeper than ${MAX_DEPTH} levels`);
    if (++tokens > MAX_TOKENS) throw new Refused(parser.offset, 'more values than a configuration can hold');
  }
  yield* parser.end();
}

interface Converted {
  readonly node: Node;
  /** How many values it stands for, aliases counted as often as they are used. */
  readonly size: number;
}

class Reader {
  readonly #source: Source;
  readonly #outside: Outside;
  readonly #problems: Problems;
  /** What an anchor names; undefined while that is still being read. */
  readonly #anchors = new Map<string, Converted | undefined>();
  #aliases = 0;
  #aliasedValues = 0;

  constructor(source: Source, outside: Outside, problems: Problems) {
    this.#source = source;
    this.#outside = outside;
    this.#problems = problems;
  }

  node(parsed: ParsedNode, path: string, depth: number): Converted {
    if (depth > MAX_DEPTH) throw new Refused(parsed.range[0], `nested deeper than ${MAX_DEPTH} levels`);
    if (isAlias(parsed)) return this.#alias(parsed.source, parsed.range[0]);
    const { anchor } = parsed;
    if (anchor) this.#anchors.set(anchor, undefined);
    const converted = isScalar(parsed) ? this.#scalar(parsed, path) : this.#collection(parsed, path, depth);
    if (anchor) this.#anchors.set(anchor, converted);
    return converted;
  }

  #place(offset: number): Place {
    return { source: this.#source, offset };
  }

  #alias(name: string, offset: number): Converted {
    if (++this.#aliases > MAX_ALIASES) throw new Refused(offset, `more than ${MAX_ALIASES} aliases`);
    const target = this.#anchors.get(name);
    if (!target) {
      const inside = this.#anchors.has(name);
      throw new Refused(
        offset,
        inside ? `*${name} stands inside of what it names` : `there is no anchor &${name} above`,
      );
    }
    this.#aliasedValues += target.size;
    if (this.#aliasedValues > MAX_ALIASED_VALUES) {
      throw new Refused(offset, `its aliases stand for more than ${MAX_ALIASED_VALUES} values (a YAML bomb)`);
    }
    return target;
  }

  #scalar(parsed: ParsedNode, path: string): Converted {
    if (!isScalar(parsed)) throw new TypeError('not a scalar');
    const place = this.#place(parsed.range[0]);
    const style = styleOf(parsed.type);
    const value = parsed.value as ScalarNode['value'];
    const text = typeof value === 'string' ? value : (parsed.source ?? '');
    return {
      node: fillScalar({ kind: 'scalar', place, value, text, style }, path, this.#outside, this.#problems),
      size: 1,
    };
  }

  #collection(parsed: ParsedNode, path: string, depth: number): Converted {
    const place = this.#place(parsed.range[0]);
    if (isSeq(parsed)) {
      const items = parsed.items.map((item, i) => this.node(item as ParsedNode, `${path}[${i}]`, depth + 1));
      const node: ListNode = { kind: 'list', place, items: items.map((item) => item.node) };
      return { node, size: sizeOf(items) };
    }
    if (!isMap(parsed)) throw new Refused(parsed.range[0], 'expected a value');
    const entries = new Map<string, MapEntry>();
    const merged: Node[] = [];
    const values: Converted[] = [];
    for (const pair of parsed.items) {
      const key = this.#key(pair.key as ParsedNode | null, place, path);
      if (!key) continue;
      const value = this.#value(pair.value as ParsedNode | null, key, childPath(path, key.text), depth);
      values.push(value);
      if (key.text === '<<' && key.style === 'plain') merged.push(value.node);
      else this.#addEntry(entries, { key: key.text, keyPlace: key.place, value: value.node }, path);
    }
    for (const node of merged) this.#merge(entries, node, path);
    return { node: { kind: 'map', place, entries: [...entries.values()] }, size: sizeOf(values) };
  }

  #key(parsed: ParsedNode | null, map: Place, path: string): ScalarNode | undefined {
    const place = parsed ? this.#place(parsed.range[0]) : map;
    const scalar = parsed && isAlias(parsed) ? this.#alias(parsed.source, place.offset).node : undefined;
    if (scalar?.kind === 'scalar') return { ...scalar, place, style: 'quoted' };
    if (!isScalar(parsed) || parsed.value === null) {
      this.#problems.add(place, path, 'a key must be a word or text');
      return undefined;
    }
    const text = typeof parsed.value === 'string' ? parsed.value : (parsed.source ?? String(parsed.value));
    const key: ScalarNode = { kind: 'scalar', place, value: text, text, style: styleOf(parsed.type) };
    if (parsed.anchor) this.#anchors.set(parsed.anchor, { node: key, size: 1 });
    if (/(?<!\$)\$\{/.test(text))
      this.#problems.add(place, path, `a key cannot be filled in: ${quote(text)}`);
    return key;
  }

  #value(parsed: ParsedNode | null, key: ScalarNode, path: string, depth: number): Converted {
    if (parsed) return this.node(parsed, path, depth + 1);
    return { node: { kind: 'scalar', place: key.place, value: null, text: '', style: 'plain' }, size: 1 };
  }

  #addEntry(entries: Map<string, MapEntry>, entry: MapEntry, path: string): void {
    const first = entries.get(entry.key);
    if (!first) {
      entries.set(entry.key, entry);
      return;
    }
    const line = this.#source.lineStarts.findLastIndex((start) => start <= first.keyPlace.offset) + 1;
    this.#problems.add(
      entry.keyPlace,
      childPath(path, entry.key),
      `the key stands twice, first on line ${line}`,
    );
  }

  /** Adds the entries of `<<: *map` or `<<: [*a, *b]` whose keys are not there yet. */
  #merge(entries: Map<string, MapEntry>, node: Node, path: string): void {
    for (const map of node.kind === 'list' ? node.items : [node]) {
      if (map.kind !== 'map') {
        this.#problems.add(map.place, path, '<< takes a map or a list of maps');
        continue;
      }
      for (const entry of map.entries) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    }
  }
}

function sizeOf(parts: readonly Converted[]): number {
  return parts.reduce((sum, part) => sum + part.size, 1);
}

function styleOf(type: string | undefined): ScalarNode['style'] {
  if (type === 'PLAIN' || type === undefined) return 'plain';
  return type.startsWith('QUOTE') ? 'quoted' : 'block';
}

/** Fills `${…}`; a plain scalar that is nothing but one interpolation gets the type that its new text has in YAML. */
function fillScalar(node: ScalarNode, path: string, outside: Outside, problems: Problems): ScalarNode {
  if (typeof node.value !== 'string' || !node.text.includes('${')) return node;
  try {
    const { text, whole } = interpolate(node.text, outside, problems);
    return {
      ...node,
      text,
      value: whole && node.style === 'plain' ? typedScalar(text) : text,
      written: node.text,
    };
  } catch (error) {
    if (!(error instanceof InterpolationError)) throw error;
    const place = placeInside(node, error.offset);
    problems.add(place, path, error.message, error.suggestion);
    return { ...node, written: node.text, failed: true };
  }
}

/** The place of a character of a scalar's text, as far as the way it is written tells; else where the scalar begins. */
export function placeInside(node: ScalarNode, offset: number): Place {
  const { source, offset: start } = node.place;
  const text = node.written ?? node.text;
  const from = node.style === 'quoted' ? start + 1 : start;
  if (node.style !== 'block') {
    return source.text.startsWith(text, from) ? { source, offset: from + offset } : node.place;
  }
  const lines = text.slice(0, offset).split('\n');
  const line = source.lineStarts.findLastIndex((lineStart) => lineStart <= start) + lines.length;
  const lineStart = source.lineStarts[line];
  if (lineStart === undefined) return node.place;
  const sourceLine = source.text
    .slice(lineStart, source.lineStarts[line + 1] ?? source.text.length)
    .trimEnd();
  const textLine = text.split('\n')[lines.length - 1]!.trimEnd();
  if (!sourceLine.endsWith(textLine)) return node.place;
  return { source, offset: lineStart + sourceLine.length - textLine.length + lines.at(-1)!.length };
}
