/**
 * A component's options as data. Checking a configuration, `list`, the JSON Schema and the tables of the
 * documentation all read this one value.
 */
export interface Field {
  readonly name: string;
  /** One or two sentences, shown by `list` and by editors. */
  readonly summary: string;
  readonly type: FieldType;
  /**
   * A checked value (bytes, milliseconds), or a text as it would stand in YAML (`64KiB`); what a variant or an object
   * leaves out is filled in. Absent fields without a default are left out of the configuration that the component gets.
   */
  readonly default?: unknown;
  readonly required?: boolean;
  /** A value as it would stand in YAML, for the documentation. */
  readonly example?: unknown;
}

export type FieldType =
  /** `parse` refuses a text that is no such value by throwing FieldError; the component gets what it returns. */
  | { readonly kind: 'string'; readonly format?: string; readonly parse?: (text: string) => unknown }
  /** Text that is never shown; the component gets a Secret. */
  | { readonly kind: 'secret' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer' | 'number'; readonly min?: number; readonly max?: number }
  /** `64KiB`, `1MB`, or a whole number of bytes; the component gets bytes. */
  | { readonly kind: 'size'; readonly min?: number; readonly max?: number }
  /** `500ms`, `30s`, `5m`; the component gets milliseconds. */
  | { readonly kind: 'duration'; readonly min?: number }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  /** Any YAML value, as it is. */
  | { readonly kind: 'any' }
  | { readonly kind: 'list'; readonly items: FieldType; readonly minItems?: number }
  /** Keys of the user's choice. */
  | { readonly kind: 'map'; readonly values: FieldType }
  | { readonly kind: 'object'; readonly fields: readonly Field[] }
  /**
   * One of several named shapes, as in `queue: disk` or `queue: {type: disk, max_bytes: 1GiB}`: a bare word is the
   * shape with its defaults. The component gets `{type, ...its fields}`.
   */
  | { readonly kind: 'variant'; readonly variants: () => readonly Variant[] }
  /** The first of these that fits; the error is that of the one that takes a value of this shape, if only one does. */
  | { readonly kind: 'either'; readonly types: readonly FieldType[] };

/** What a definition has to say about a configuration that single fields cannot tell. */
export interface Finding {
  /** A path such as `routes.slow`. */
  readonly field: string;
  readonly message: string;
  /** Where in the field's text (0-based), when it is about a part of it. */
  readonly offset?: number;
}

export interface Variant {
  readonly name: string;
  readonly summary: string;
  readonly fields: readonly Field[];
}

/** Thrown by `parse`: what is wrong, where in the text (0-based), and perhaps the nearest right word. */
export class FieldError extends Error {
  readonly offset: number;
  readonly suggestion: string | undefined;

  constructor(message: string, offset = 0, suggestion?: string) {
    super(message);
    this.name = 'FieldError';
    this.offset = offset;
    this.suggestion = suggestion;
  }
}
