/** Thrown for a pattern that is no RE2 pattern or that cannot be run here. `offset` is about where, in UTF-16 units. */
export class RegexError extends Error {
  constructor(
    message: string,
    readonly offset?: number,
  ) {
    super(message);
  }
}
