import { type Envelope, type EnvelopeValue, envelopeValue, templateParts } from '#component';

const PREFIX = 'url ';

/**
 * A URL with `{expression}` parts. What these give is escaped, so that a record can name an item but lead nowhere else; only a
 * part that stands at the very beginning is a piece of the URL as it is.
 */
export class UrlTemplate {
  /** What the threads have to evaluate. */
  readonly values: Readonly<Record<string, EnvelopeValue>>;
  readonly #parts: readonly (string | { readonly expression: string })[];

  constructor(text: string) {
    this.#parts = templateParts(text);
    this.values = Object.fromEntries(
      this.#parts.flatMap((part, i) =>
        typeof part === 'string' ? [] : [[`${PREFIX}${i}`, { template: `{${part.expression}}` }]],
      ),
    );
  }

  /** The URL of a message, or why it has none. */
  build(envelope: Envelope, message: number): { readonly url: string } | { readonly refused: string } {
    let url = '';
    for (const [i, part] of this.#parts.entries()) {
      if (typeof part === 'string') {
        url += part;
        continue;
      }
      const value = envelopeValue(envelope, `${PREFIX}${i}`, message) ?? '';
      if (value === '' || value === '.' || value === '..') {
        const found = value === '' ? 'nothing' : JSON.stringify(value);
        return { refused: `the url needs a name for {${part.expression}}, found ${found}` };
      }
      url += i === 0 ? value : encodeURIComponent(value.toWellFormed());
    }
    return { url };
  }
}
