import { textOfNetwork } from './network.js';
import { formatDuration, formatTimestamp } from './time.js';
import {
  CelMap,
  Cidr,
  Duration,
  Failure,
  IpAddress,
  isList,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.js';

const MAX_DEPTH = 512;

/**
 * JSON text (RFC 8259) as a value: whole numbers are exact ints, numbers with a point or an exponent doubles, objects
 * maps in which the last of equal keys wins. JSON.parse would lose both distinctions.
 */
export function parseJson(text: string): Value {
  return new JsonReader(text).document();
}

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Value {
    const value = this.#value();
    this.#skipSpace();
    return this.#at === this.#text.length ? value : new Failure('not a JSON value');
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++;
  }

  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #value(): Value {
    this.#skipSpace();
    const first = this.#text.charAt(this.#at);
    if (first === '"') return this.#string();
    if (first === '{' || first === '[') {
      if (this.#depth === MAX_DEPTH) return new Failure(`JSON is nested deeper than ${MAX_DEPTH} levels`);
      this.#depth++;
      const value = first === '{' ? this.#object() : this.#array();
      this.#depth--;
      return value;
    }
    return this.#scalar();
  }

  #string(): string | Failure {
    const start = this.#at++;
    let escaped = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) {
        this.#at++;
        if (!escaped) return this.#text.slice(start + 1, this.#at - 1);
        return unquote(this.#text.slice(start, this.#at));
      }
      if (code === 0x5c) {
        escaped = true;
        this.#at++;
      }
    }
    return new Failure('not a JSON value');
  }

  #object(): Value {
    const map = new CelMap(true);
    this.#at++;
    if (this.#take('}')) return map;
    do {
      this.#skipSpace();
      if (this.#text.charAt(this.#at) !== '"') return new Failure('not a JSON value');
      const key = this.#string();
      if (!this.#take(':')) return new Failure('not a JSON value');
      const value = this.#value();
      if (value instanceof Failure) return value;
      map.set(key, value);
    } while (this.#take(','));
    return this.#take('}') ? map : new Failure('not a JSON value');
  }

  #array(): Value {
    const items: Value[] = [];
    this.#at++;
    if (this.#take(']')) return items;
    do {
      const value = this.#value();
      if (value instanceof Failure) return value;
      items.push(value);
    } while (this.#take(','));
    return this.#take(']') ? items : new Failure('not a JSON value');
  }

  #scalar(): Value {
    const start = this.#at;
    while (this.#at < this.#text.length && !',]} \t\n\r'.includes(this.#text.charAt(this.#at))) this.#at++;
    return parseScalar(this.#text.slice(start, this.#at));
  }
}

function unquote(text: string): string | Failure {
  try {
    return String(JSON.parse(text)).replace(/\p{Surrogate}/gu, '\ufffd');
  } catch {
    return new Failure('not a JSON value');
  }
}

function parseScalar(text: string): Value {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const number = Number(text);
  return text === '' || Number.isNaN(number) ? new Failure('not a JSON value') : number;
}

/** A double so that it is read as one again: `2.0`, not `2`. JSON has no NaN and infinities; they become null. */
function formatJsonDouble(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** A value as JSON text. Bytes become base64, addresses their text, an optional what it holds or null, timestamps RFC 3339, durations seconds, as in CEL's JSON mapping. */
export function formatJson(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return formatJsonDouble(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint) return String(value.value);
  if (isList(value)) return `[${value.map(formatJson).join(',')}]`;
  if (value instanceof CelMap) {
    const members = Array.from(value.entries(), ({ key, value: member }) => {
      const name = typeof key === 'string' ? key : formatJson(key);
      return `${JSON.stringify(name)}:${formatJson(member)}`;
    });
    return `{${members.join(',')}}`;
  }
  if (value instanceof Timestamp) return JSON.stringify(formatTimestamp(value.nanos));
  if (value instanceof Duration) return JSON.stringify(formatDuration(value.nanos));
  if (value instanceof TypeValue) return JSON.stringify(value.name);
  if (value instanceof Failure) return 'null';
  if (value instanceof Optional) return formatJson(value.value ?? null);
  if (value instanceof IpAddress || value instanceof Cidr) return JSON.stringify(textOfNetwork(value));
  return JSON.stringify(Buffer.from(value).toString('base64'));
}
