import type { Framing, LinePatterns, MultilineFraming } from '../format.js';
import { ContainerJoiner } from './container-joiner.js';
import { LineGrouper } from './grouper.js';

export { frameGroups } from './frame.js';
export { joinContainers } from './join-containers.js';
export { LIMITS, MULTILINE, type MultilineKind } from './kinds.js';

/** The checked value of the option `multiline`. */
export type MultilineConfig = { readonly type: string } & LinePatterns &
  Readonly<{ max_lines: number; max_bytes: number; flush_after: number }>;

/** What is wrong with a value that is right field by field. */
export function multilineProblem(config: MultilineConfig): string | undefined {
  const { type, start, continue: goOn, end } = config;
  if (type !== 'pattern' || start !== undefined || goOn !== undefined || end !== undefined) return undefined;
  return 'expected at least one of start, continue and end';
}

export function multilineFraming(config: MultilineConfig): MultilineFraming {
  const { max_lines: maxLines, max_bytes: maxBytes, flush_after: flushAfterMs, ...of } = config;
  return { kind: 'multiline', of, maxLines, maxBytes, flushAfterMs };
}

export function isMultiline(framing: Framing): framing is MultilineFraming {
  return typeof framing === 'object' && framing.kind === 'multiline';
}

/** Whether records are lines of a container's, which its runtime has cut: their parts need not lie side by side. */
export function joinsContainers(framing: Framing): framing is MultilineFraming {
  return isMultiline(framing) && (framing.of.type === 'docker' || framing.of.type === 'cri');
}

/** What finds the records that may go on. */
export type OpenRecords = Pick<LineGrouper, 'openRecord'>;

export function openRecordsOf(framing: MultilineFraming): OpenRecords {
  return joinsContainers(framing) ? new ContainerJoiner(framing) : new LineGrouper(framing);
}
