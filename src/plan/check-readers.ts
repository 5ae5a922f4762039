import type { Config, HeadersAsked, Readers } from '../component/index.js';
import { type Problems, quote } from '../config/index.js';
import { type ExchangeType, wrongBindingKey } from '../routing/index.js';
import type { Binding, Input } from './check-input.js';
import type { StageId } from './check-stage.js';
import type { Stage } from './pipeline-types.js';

const NO_INPUTS = 'nothing goes into this exchange: it has no inputs and is the alternate_exchange of none';

/** The names of the stage's outputs, where it has several. */
function outputsOf({ stage }: StageId): readonly string[] | undefined {
  const definition = stage?.definition;
  return definition?.kind === 'transform' ? definition.outputs?.(stage!.config) : undefined;
}

/** The stages, alternate exchanges with what the others leave to them among their inputs. */
export function withAlternates(
  stages: readonly StageId[],
  isComplete: boolean,
  problems: Problems,
): readonly StageId[] {
  const exchanges = stages.filter(({ kind }) => kind === 'exchange');
  const added = new Map<string, Input[]>();
  for (const { id, alternate } of exchanges) {
    if (!alternate) continue;
    const { value, path, place } = alternate;
    const target = stages.find((stage) => stage.id === value);
    if (target?.kind === 'exchange') {
      added.set(value, [...(added.get(value) ?? []), { id, isAlternate: true, shown: id, path, place }]);
    } else if (target) {
      problems.add(place, path, `${quote(value)} is a ${target.kind}, not an exchange`);
    } else if (isComplete) {
      const names = exchanges.map((other) => other.id).filter((other) => other !== id);
      problems.add(place, path, `there is no exchange ${quote(value)}`, problems.nearest(value, names));
    }
  }
  return stages.map((stage) => {
    const inputs = [...stage.inputs, ...(added.get(stage.id) ?? [])];
    if (stage.kind === 'exchange' && stage.stage && inputs.length === 0)
      problems.add(stage.place, stage.path, NO_INPUTS);
    return { ...stage, inputs };
  });
}

/** Checks what a stage asks of the stage that its input names. */
export function checkReading(input: Input, target: StageId, problems: Problems): void {
  if (input.isAlternate) return;
  const { id, shown, path, place } = input;
  if (target.kind === 'exchange') {
    if (input.output !== undefined)
      problems.add(place, path, `an exchange has no outputs, but bindings: expected { from: ${id}, … }`);
    else if (target.stage) checkBinding(input, target.stage, problems);
    return;
  }
  if (input.binding) {
    problems.add(
      place,
      path,
      `${quote(shown)} is a ${target.kind}, not an exchange: name it without from and binding`,
    );
    return;
  }
  if (!target.stage) return;
  const outputs = outputsOf(target);
  const all = outputs?.map((output) => `${id}.${output}`).join(', ');
  if (!outputs && input.output !== undefined) {
    problems.add(place, path, `${quote(id)} has one output only: read it as ${id}`);
  } else if (outputs && input.output === undefined) {
    problems.add(place, path, `${quote(id)} has several outputs: expected one of ${all}`);
  } else if (outputs && !outputs.includes(input.output!)) {
    const nearest = problems.nearest(
      shown,
      outputs.map((output) => `${id}.${output}`),
    );
    problems.add(
      place,
      path,
      `${quote(id)} has no output ${quote(input.output!)}: expected one of ${all}`,
      nearest,
    );
  }
}

const NEEDED: Readonly<Record<ExchangeType, string>> = {
  direct: 'say with which routing key it gets records, as in { from: ID, binding: error }',
  topic: 'say with which routing keys it gets records, as in { from: ID, binding: "web.*.#" }',
  headers: 'say with which headers it gets records, as in { from: ID, headers: { status: 500 } }',
  fanout: '',
};

/** Checks a binding to an exchange of whatever type. */
function checkBinding({ id, binding, path, place }: Input, exchange: Stage, problems: Problems): void {
  const type = exchange.type as ExchangeType;
  const given = type === 'headers' ? binding?.headers : binding?.keys;
  if (type !== 'fanout' && !given) {
    problems.add(place, path, `${quote(id)} is a ${type} exchange: ${NEEDED[type].replace('ID', id)}`);
    return;
  }
  if (binding) refuseUseless(binding, type, problems);
  if (type === 'headers') checkHeaders(binding!, exchange, problems);
  if (type !== 'direct' && type !== 'topic') return;
  for (const key of binding!.keys!) {
    const wrong = wrongBindingKey(type, key.value);
    if (wrong !== undefined) problems.add(key.place, key.path, wrong);
  }
}

/** What an exchange of this type does not look at is a mistake. */
function refuseUseless({ keys, headers }: Binding, type: ExchangeType, problems: Problems): void {
  const useless = [
    ...(type === 'fanout' || type === 'headers' ? (keys ?? []) : []),
    ...(type === 'headers' ? [] : (headers?.values() ?? [])),
  ];
  const [first] = useless;
  if (!first) return;
  const instead =
    type === 'headers' ? 'by headers' : type === 'fanout' ? 'to all who are bound to it' : 'by routing key';
  problems.add(first.place, first.path, `a ${type} exchange routes ${instead}: leave this out`);
}

function checkHeaders({ headers }: Binding, exchange: Stage, problems: Problems): void {
  const names = Object.keys(exchange.config.headers as object);
  for (const [name, { path, place }] of headers!) {
    if (names.includes(name)) continue;
    const message = `the exchange ${quote(exchange.id)} has no header ${quote(name)}: expected one of ${names.join(', ')}`;
    problems.add(place, path, message, problems.nearest(name, names));
  }
}

/** The stages of a graph without problems, each with the ids of what it reads, and with its readers where it chooses them. */
export function connected(stages: readonly StageId[]): Stage[] {
  return stages.map((id): Stage => {
    const stage = id.stage!;
    const inputs = [...new Set(id.inputs.map((input) => input.id))];
    const choosing = stage.kind === 'exchange' || outputsOf(id) !== undefined;
    const config: Config = choosing
      ? { ...stage.config, readers: readersOf(stage.id, stages) }
      : stage.config;
    return { ...stage, inputs, config };
  });
}

function readersOf(id: string, stages: readonly StageId[]): Readers {
  const readers = stages.map((reader): [string, Input[]] => [
    reader.id,
    reader.inputs.filter((input) => input.id === id && !input.isAlternate),
  ]);
  return Object.fromEntries(
    readers
      .filter(([, inputs]) => inputs.length > 0)
      .map(([reader, inputs]) => [reader, inputs.flatMap(askedBy)]),
  );
}

function askedBy({ output, binding }: Input): (string | HeadersAsked)[] {
  if (output !== undefined) return [output];
  if (!binding?.headers) return binding?.keys?.map(({ value }) => value) ?? [];
  const headers = Object.fromEntries([...binding.headers].map(([name, { value }]) => [name, value]));
  return [{ match: binding.match, headers }];
}
