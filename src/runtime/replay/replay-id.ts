const SUFFIX = ' replay';

/** The id under which checkpoints hold how far a replay of a pipeline's queue is; it has a space, which no stage's has. */
export function replayId(pipeline: string, stage: string): string {
  return `${pipeline}/${stage}${SUFFIX}`;
}

/** Whether the replay runs one of these stages. */
export function isReplayOf(id: string, stages: readonly string[]): boolean {
  return id.endsWith(SUFFIX) && stages.includes(id.slice(id.indexOf('/') + 1, -SUFFIX.length));
}
