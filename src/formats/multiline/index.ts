import type { Framing, LinesOf, MultilineFraming } from '../format.js';
import { ContainerJoiner } from './container-joiner.js';
import { ContainerTraces } from './container-traces.js';
import { LineGrouper } from './grouper.js';

export { frameGroups } from './frame.js';
export { joinContainers } from './join-containers.js';
export { LIMITS, MULTILINE, type MultilineKind } from './kinds.js';

/** The checked value of the option `multiline`. */
export type MultilineConfig = LinesOf & { readonly group?: LinesOf } & Readonly<{
    max_lines: number;
    max_bytes: number;
    flush_after: number;
  }>;

/** What is wrong with a value that is right field by field. */
export function multilineProblem(config: MultilineConfig): string | undefined {
  return [config, config.group].some((of) => of && isWithoutPattern(of))
    ? 'expected at least one of start, continue and end'
    : undefined;
}

function isWithoutPattern({ type, start, continue: goOn, end }: LinesOf): boolean {
  return type === 'pattern' && start === undefined && goOn === undefined && end === undefined;
}

export function multilineFraming(config: MultilineConfig): MultilineFraming {
  const { max_lines: maxLines, max_bytes: maxBytes, flush_after: flushAfterMs, ...of } = config;
  return { kind: 'multiline', of, maxLines, maxBytes, flushAfterMs };
}

export function isMultiline(framing: Framing): framing is MultilineFraming {
  return typeof framing === 'object' && framing.kind === 'multiline';
}

/** Whether lines are those of a container runtime: what belongs together of them need not lie side by side. */
export function joinsContainers(framing: Framing): framing is MultilineFraming {
  return isMultiline(framing) && (framing.of.type === 'docker' || framing.of.type === 'cri');
}

/** How many bytes of lines may hang together: records of two streams may lie among each other. */
export function mostBytesOf({ of, maxBytes }: MultilineFraming): number {
  return of.group ? 2 * maxBytes : maxBytes;
}

/** What finds the records that may go on. */
export type OpenRecords = Pick<LineGrouper, 'openRecord'>;

export function openRecordsOf(framing: MultilineFraming): OpenRecords {
  if (!joinsContainers(framing)) return new LineGrouper(framing);
  return framing.of.group ? new ContainerTraces(framing) : new ContainerJoiner(framing);
}
