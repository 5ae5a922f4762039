import type { Config } from '../component/index.js';
import { askedOf, choosesReaders, type Plan, type Stage } from '../plan/index.js';
import { type Paint, table } from './render.js';

/** What each stage that does not give all to all gives to whom. */
export function routingLines(plan: Plan, paint: Paint): string[] {
  const stages = [...plan.stages.values()];
  const choosing = stages.filter(choosesReaders);
  if (choosing.length === 0) return [];
  return [
    paint('bold', 'who gets which records'),
    ...choosing.flatMap((stage) => linesOf(stage, stages)),
    '',
  ];
}

function linesOf(stage: Stage, stages: readonly Stage[]): string[] {
  const readers = stages.filter(({ inputs }) => inputs.includes(stage.id));
  const rows = readers.map(({ id }) => [id, askedOf(stage, id)?.join(', ') ?? 'everything']);
  return [`  ${stage.id} (${titleOf(stage)})`, ...table(rows).map((line) => `    ${line}`)];
}

function titleOf({ kind, type, config }: Stage): string {
  if (kind !== 'exchange') return `${type}, ${config.match === 'all' ? 'all matches' : 'the first match'}`;
  const by =
    type === 'headers' ? headersOf(config) : config.routing_key ? `by ${config.routing_key}` : 'to all';
  const rest = config.unrouted === 'drop' ? 'dropped' : 'dead letters';
  return `${type} exchange ${by}; the rest: ${config.alternate_exchange ? `to ${config.alternate_exchange}` : rest}`;
}

function headersOf({ headers }: Config): string {
  return `by ${Object.entries(headers as object)
    .map(([name, template]) => `${name}=${template}`)
    .join(', ')}`;
}
