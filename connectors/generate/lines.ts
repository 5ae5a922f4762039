/** Makes one line after another. */
export interface Lines {
  readonly next: () => string;
  /** With it, and the same seed and start, the lines that would come next are made. */
  readonly state: () => LinesState;
}

/** Plain JSON data. */
export interface LinesState {
  readonly random: number;
  readonly nowMs: number;
}
