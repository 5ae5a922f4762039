import { compileRegex, RegexError } from '../../base/regex/regex.js';
import {
  type Arena,
  ArenaWriter,
  type Batch,
  type Document,
  type FieldKind,
  SECRET_KINDS,
  type SecretKind,
  type Shape,
  setView,
  Tag,
  textAddress,
  textLength,
  type Vector,
} from '../../batch/index.js';
import {
  type Config,
  type Emit,
  FieldError,
  type Transform,
  type TransformDefinition,
} from '../../component/index.js';
import { Finder, type NamedPattern } from './finder.js';
import { type Action, Replacement } from './replacement.js';
import { Rewriter } from './rewriter.js';

function patternsOf(config: Config): NamedPattern[] {
  const patterns = (config.patterns as Readonly<Record<string, string>> | undefined) ?? {};
  return Object.entries(patterns).map(([name, pattern]) => ({ name, pattern }));
}

function fieldsOf(config: Config): ReadonlySet<string> | undefined {
  const fields = config.fields as readonly string[] | undefined;
  return fields && new Set(fields);
}

class Redact implements Transform {
  readonly #finder: Finder;
  readonly #replacement: Replacement;
  readonly #fields: ReadonlySet<string> | undefined;

  constructor(config: Config) {
    this.#finder = new Finder(config.find as readonly SecretKind[], patternsOf(config));
    this.#replacement = new Replacement(
      config.action as Action,
      (config.hash_key as string | undefined) ?? '',
    );
    this.#fields = fieldsOf(config);
  }

  apply(batch: Batch, emit: Emit): void {
    const { arena } = emit;
    this.#finder.begin(arena);
    const columns = new Map<string, Vector>();
    for (const [name, vector] of batch.columns) columns.set(name, this.#column(arena, name, vector));
    const document = batch.document && this.#document(arena, batch.document);
    emit.batch({ ...batch, columns, document, untouched: undefined });
  }

  #document(arena: Arena, { vector, hidden, members }: Document): Document {
    const redacted = new Map<string, Vector>();
    for (const [name, member] of members) redacted.set(name, this.#column(arena, name, member));
    return { vector: this.#rewrite(arena, vector, true), hidden, members: redacted };
  }

  #column(arena: Arena, name: string, vector: Vector): Vector {
    return !this.#fields || this.#fields.has(name) ? this.#rewrite(arena, vector, false) : vector;
  }

  #rewrite(arena: Arena, vector: Vector, isDocument: boolean): Vector {
    const { length, numbers, errors, uniform } = vector;
    const hasNumbers = this.#fields !== undefined && (this.#finder.findsCards || this.#finder.hasPatterns);
    if (!mayHold(vector, hasNumbers)) return vector;
    const tags = arena.uint8(length);
    tags.set(vector.tags.subarray(0, length));
    if (uniform !== undefined) tags.fill(uniform);
    const views = arena.int32(length * 4);
    if (vector.views) views.set(vector.views.subarray(0, length * 4));
    const writer = new ArenaWriter(arena);
    writer.begin();
    const rewriter = new Rewriter(writer, this.#finder, this.#replacement, this.#fields);
    let changed = 0;
    for (let row = 0; row < length; row++) {
      const tag = tags[row]!;
      if (!isLookedAt(tag, hasNumbers)) continue;
      if (!this.#row(rewriter, vector, row, tag, isDocument)) continue;
      setView(arena, views, row, rewriter.start, rewriter.length);
      if (tag !== Tag.JSON) tags[row] = Tag.TEXT;
      changed++;
    }
    writer.end();
    if (changed === 0) return vector;
    const same = uniform === Tag.JSON || uniform === Tag.TEXT ? uniform : undefined;
    return { length, tags, uniform: same, numbers, views, ...(errors && { errors }) };
  }

  #row(rewriter: Rewriter, vector: Vector, row: number, tag: number, isDocument: boolean): boolean {
    if (isTypedNumber(tag)) return rewriter.number(vector, row);
    const start = textAddress(vector.views!, row);
    const end = start + textLength(vector.views!, row);
    if (tag === Tag.TEXT) return rewriter.text(start, end);
    return isDocument ? rewriter.document(start, end) : rewriter.json(start, end);
  }
}

/** Whether a row's value is a number that is not JSON's. */
function isTypedNumber(tag: number): boolean {
  return tag === Tag.INT || tag === Tag.DOUBLE || tag === Tag.BIGINT;
}

function isLookedAt(tag: number, hasNumbers: boolean): boolean {
  return tag === Tag.TEXT || tag === Tag.JSON || (hasNumbers && isTypedNumber(tag));
}

function mayHold({ uniform }: Vector, hasNumbers: boolean): boolean {
  return uniform === undefined || isLookedAt(uniform, hasNumbers);
}

/** A number that is looked at may become a text. */
function shapeOf(config: Config, input: Shape): Shape {
  const fields = fieldsOf(config);
  if (
    !fields ||
    ((config.find as readonly SecretKind[]).indexOf('card') < 0 && patternsOf(config).length === 0)
  ) {
    return input;
  }
  const kindOf = (name: string, kind: FieldKind): FieldKind =>
    fields.has(name) && (kind === 'int' || kind === 'double') ? 'any' : kind;
  return { ...input, fields: new Map([...input.fields].map(([name, kind]) => [name, kindOf(name, kind)])) };
}

function parsePattern(text: string): string {
  try {
    compileRegex(text);
    return text;
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown;
    throw new FieldError(`the regular expression is wrong: ${thrown.message}`, thrown.offset);
  }
}

function checkRedact(config: Config): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  const patterns = patternsOf(config);
  for (const { name } of patterns) {
    if (/^\w[\w-]*$/.test(name)) continue;
    const message = `expected a name of letters, digits, - and _, found "${name}"`;
    problems.push({ field: `patterns.${name}`, message });
  }
  if ((config.find as readonly SecretKind[]).length + patterns.length === 0) {
    problems.push({ field: 'find', message: 'nothing to find: name a kind, or give patterns' });
  }
  if (config.action === 'hash' && config.hash_key === undefined) {
    const message = 'hash needs a hash_key: without one, anybody can try all addresses and numbers';
    problems.push({ field: 'action', message });
  }
  return problems;
}

/**
 * Takes e-mail addresses, card numbers, IP addresses, tokens and what patterns of the user's match out of records. It works on
 * the bytes: a record without any of these goes on as it is.
 */
export const REDACT: TransformDefinition = {
  kind: 'transform',
  name: 'redact',
  summary:
    'Takes personal data and secrets out of texts: e-mail addresses, card numbers, IP addresses, tokens, and what patterns of your own match.',
  fields: [
    {
      name: 'fields',
      summary:
        'The fields that are looked at, with all that is inside of them. Without it all, but for numbers that are not in JSON.',
      type: { kind: 'list', items: { kind: 'string' }, minItems: 1 },
      example: ['message', 'user'],
    },
    {
      name: 'find',
      summary:
        'What is looked for. card: numbers of 13 to 19 digits that an issuer may have given out, with a right check digit. token: JSON Web Tokens, private keys, passwords in URLs, what follows Bearer and Basic, and keys with the prefixes of large services.',
      type: { kind: 'list', items: { kind: 'enum', values: SECRET_KINDS } },
      default: SECRET_KINDS,
      example: ['email', 'card'],
    },
    {
      name: 'patterns',
      summary:
        'Patterns of your own (regular expressions, RE2 syntax) by the names that stand in the place of what they match.',
      type: { kind: 'map', values: { kind: 'string', format: 'regex', parse: parsePattern } },
      example: { employee: '\\bE-\\d{6}\\b' },
    },
    {
      name: 'action',
      summary:
        'What stands in the place of a find: its name, as in [email]; its name and a hash, as in [email:9d1c3a41e0b2f576], the same for equal values; or nothing.',
      type: { kind: 'enum', values: ['mask', 'hash', 'remove'] },
      default: 'mask',
    },
    {
      name: 'hash_key',
      summary: 'The secret key of the hashes (the first 64 bits of HMAC-SHA-256).',
      type: { kind: 'string' },
      example: '${REDACT_KEY}',
    },
  ],
  example: "type: redact\ninputs: [web]\nfields: [message, user]\npatterns: { employee: '\\bE-\\d{6}\\b' }\n",
  sample: {
    input:
      '{"message":"E-004711 sent mail to bob@example.com from 10.0.0.1","host":"10.0.0.2"}\n{"user":{"mail":"eve@example.org"},"message":"card 4111 1111 1111 1111"}',
    output:
      '{"message":"[employee] sent mail to [email] from [ip]","host":"10.0.0.2"}\n{"user":{"mail":"[email]"},"message":"card [card]"}',
  },
  check: checkRedact,
  needs: (_config, wanted) => wanted,
  shape: shapeOf,
  create: (config) => new Redact(config),
};
