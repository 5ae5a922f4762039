import type { Config, Definition } from '../component/index.js';
import {
  type CheckedAt,
  checkFields,
  checkValue,
  childPath,
  describe,
  entryOf,
  type Field,
  type Finding,
  lineAndColumn,
  type MapEntry,
  type MapNode,
  type Node,
  type Place,
  type Problems,
  placeInside,
} from '../config/index.js';
import type { FormatConfig } from '../formats/index.js';
import { type Input, readInput, type Written } from './check-input.js';
import { checkOnError } from './check-on-error.js';
import {
  INPUTS_FIELD,
  ON_ERROR_FIELD,
  ON_ERROR_OR_RETRY_FIELD,
  queueField,
  wrongId,
} from './pipeline-fields.js';
import type { Catalogue, MemoryQueueConfig, QueueConfig, Stage, StageKind } from './pipeline-types.js';

/** How many stages a pipeline can have: more would be a mistake, and a risk to whoever walks the graph. */
const MOST_STAGES = 1000;

const INPUTS_MISSING = 'required, but missing: name the sources and transforms whose records it gets';

/** A stage as the graph sees it, whatever else is wrong with it. */
export interface StageId {
  readonly id: string;
  readonly kind: StageKind;
  readonly path: string;
  readonly place: Place;
  readonly inputs: readonly Input[];
  /** Where its `on_error` stands, if it has one. */
  readonly onErrorPlace?: Place;
  /** Of an exchange: the one that gets what it cannot route. */
  readonly alternate?: Written<string>;
  /** Undefined where it has problems. */
  readonly stage: Stage | undefined;
}

export interface StageContext {
  readonly catalogue: Catalogue;
  /** Whether values are missing that could not be filled in, so that a definition's own check has to wait. */
  readonly incomplete: boolean;
  readonly problems: Problems;
}

const SECTIONS = [
  ['sources', 'source'],
  ['transforms', 'transform'],
  ['exchanges', 'exchange'],
  ['sinks', 'sink'],
] as const;

/** Checks every stage of the sections, each for itself. */
export function readStages(root: MapNode, context: StageContext): StageId[] {
  const ids: StageId[] = [];
  for (const section of root.entries) {
    const kind = SECTIONS.find(([name]) => name === section.key)?.[1];
    if (!kind) continue;
    for (const entry of entriesOf(section, kind, context.problems)) {
      if (ids.length === MOST_STAGES) {
        context.problems.add(entry.keyPlace, section.key, `a pipeline has at most ${MOST_STAGES} stages`);
        return ids;
      }
      const reader = new StageReader(entry, kind, childPath(section.key, entry.key), context);
      const stage = reader.read();
      ids.push(reader.id(stage));
    }
  }
  return ids;
}

function entriesOf({ key, value }: MapEntry, kind: StageKind, problems: Problems): readonly MapEntry[] {
  if (value.kind === 'map') return value.entries;
  if (value.kind === 'list' || value.value !== null) {
    problems.add(
      value.place,
      key,
      `expected a map from the names of the ${kind}s to what they are, found ${describe(value)}`,
    );
  }
  return [];
}

class StageReader {
  readonly #entry: MapEntry;
  readonly #kind: StageKind;
  readonly #context: StageContext;
  readonly #at: CheckedAt;
  #inputs: Input[] = [];

  constructor(entry: MapEntry, kind: StageKind, path: string, context: StageContext) {
    this.#entry = entry;
    this.#kind = kind;
    this.#context = context;
    this.#at = { path, problems: context.problems };
  }

  id(stage: Stage | undefined): StageId {
    const { key, keyPlace, value } = this.#entry;
    const onErrorPlace = entryOf(value, 'on_error')?.value.place;
    const id = {
      id: key,
      kind: this.#kind,
      path: this.#at.path,
      place: keyPlace,
      inputs: this.#inputs,
      stage,
      ...(onErrorPlace && { onErrorPlace }),
    };
    const alternate = this.#kind === 'exchange' ? entryOf(value, 'alternate_exchange')?.value : undefined;
    if (alternate?.kind !== 'scalar' || alternate.failed) return id;
    const { path } = this.#child('alternate_exchange');
    return { ...id, alternate: { value: alternate.text, path, place: alternate.place } };
  }

  read(): Stage | undefined {
    const { problems } = this.#context;
    const before = problems.count;
    const { key, keyPlace, value } = this.#entry;
    const wrong = wrongId(key);
    if (wrong !== undefined) problems.add(keyPlace, this.#at.path, wrong);
    if (value.kind !== 'map') {
      problems.add(
        value.place,
        this.#at.path,
        `expected a map with the ${this.#kind}'s type and options, found ${describe(value)}`,
      );
      return undefined;
    }
    const definition = this.#definition(value);
    this.#inputs = this.#readInputs(value);
    const queue = this.#queue(value);
    const onError = checkOnError(entryOf(value, 'on_error')?.value, this.#kind, this.#child('on_error'));
    const config = definition && this.#config(value, definition, before);
    if (!definition || !config || problems.count > before) return undefined;
    const type = definition.name;
    const stage = {
      id: key,
      kind: this.#kind,
      type,
      definition,
      config,
      inputs: [...new Set(this.#inputs.map(({ id }) => id))],
    };
    return { ...stage, ...(queue && { queue }), onError, position: lineAndColumn(keyPlace) };
  }

  #child(name: string): CheckedAt {
    return { ...this.#at, path: childPath(this.#at.path, name) };
  }

  #definition(map: MapNode): Definition | undefined {
    const { catalogue, problems } = this.#context;
    const definitions: ReadonlyMap<string, Definition> = catalogue[`${this.#kind}s`];
    const type = entryOf(map, 'type')?.value;
    const at = this.#child('type');
    const names = [...definitions.keys()].sort();
    if (!type) {
      problems.add(
        this.#entry.keyPlace,
        at.path,
        `required, but missing: expected one of ${names.join(', ')}`,
      );
      return undefined;
    }
    if (type.kind === 'scalar' && type.failed) return undefined;
    const name = type.kind === 'scalar' ? type.text : '';
    const definition = definitions.get(name);
    if (definition) return definition;
    const other = SECTIONS.find(([section]) => catalogue[section].has(name));
    const expected = `expected one of ${names.join(', ')}`;
    const message = other
      ? `${name} is a ${other[1]}, not a ${this.#kind}: ${expected}`
      : `${expected}, found ${describe(type)}`;
    problems.add(type.place, at.path, message, other ? undefined : problems.nearest(name, names));
    return undefined;
  }

  #readInputs(map: MapNode): Input[] {
    if (this.#kind === 'source') return [];
    const entry = entryOf(map, 'inputs');
    const at = this.#child('inputs');
    if (!entry) {
      // An exchange may get its records as the alternate of another: that is for the graph to say.
      if (this.#kind !== 'exchange') at.problems.add(this.#entry.keyPlace, at.path, INPUTS_MISSING);
      return [];
    }
    if (entry.value.kind === 'map') {
      at.problems.add(
        entry.value.place,
        at.path,
        'expected a list, as in [{ from: events, binding: "web.#" }]',
      );
      return [];
    }
    if (entry.value.kind !== 'list') return readInput(entry.value, at);
    if (entry.value.items.length === 0) {
      at.problems.add(entry.value.place, at.path, 'expected at least one source or transform, found none');
    }
    return entry.value.items.flatMap((item, i) => readInput(item, { ...at, path: `${at.path}[${i}]` }));
  }

  #queue(map: MapNode): QueueConfig | undefined {
    const entry = this.#kind === 'source' ? undefined : entryOf(map, 'queue');
    const at = this.#child('queue');
    if (!entry) return undefined;
    const { queues } = this.#context.catalogue;
    const checked = checkValue(entry.value, queueField(queues).type, at) as Config | undefined;
    if (!checked) return undefined;
    const { type, ...config } = checked;
    const definition = queues.get(type as string);
    if (!definition) return memoryQueue(config);
    for (const { field, message } of definition.check?.(config) ?? []) {
      const path = childPath(at.path, field);
      const place = entryOf(entry.value, field)?.value.place ?? entry.value.place;
      at.problems.add(place, path, message);
    }
    return { type: definition.name, definition, config };
  }

  /** Checks the definition's own fields and then, when nothing is wrong with the stage, what the definition knows. */
  #config(map: MapNode, definition: Definition, before: number): Config | undefined {
    const { problems, incomplete } = this.#context;
    const others = ['type', ...commonFields(this.#kind, this.#context.catalogue).map(({ name }) => name)];
    const entries = map.entries.filter((entry) => !this.#refuseInbox(entry, definition));
    const options = { owner: this.#entry.keyPlace, others };
    const config = checkFields({ ...map, entries }, definition.fields, this.#at, options);
    if (problems.count > before || incomplete) return undefined;
    const places = ({ field, offset }: Finding): [Place, string] => {
      const path = field === '' ? this.#at.path : `${this.#at.path}.${field}`;
      return [placeOf(map, field, offset) ?? this.#entry.keyPlace, path];
    };
    const found = [...(definition.check?.(config) ?? []), ...this.#ofFormat('check', config)];
    for (const finding of found) problems.add(...places(finding), finding.message);
    if (found.length > 0) return config;
    const warnings = [...(definition.warn?.(config) ?? []), ...this.#ofFormat('warn', config)];
    for (const finding of warnings) problems.warn(...places(finding), finding.message);
    return config;
  }

  /** What the format that a source decodes knows about its options. */
  #ofFormat(what: 'check' | 'warn', config: Config): Finding[] {
    const format = this.#kind === 'source' ? (config.format as FormatConfig | undefined) : undefined;
    const { formats } = this.#context.catalogue;
    const decoder = format && formats.find(({ name }) => name === format.type)?.decoder;
    const found = decoder?.[what]?.(format!) ?? [];
    return found.map((finding) => ({ ...finding, field: `format.${finding.field}` }));
  }

  /** A source that reads queues may have an option of that name. */
  #refuseInbox({ key, keyPlace }: MapEntry, { fields }: Definition): boolean {
    if (this.#kind !== 'source' || (key !== 'inputs' && key !== 'queue')) return false;
    if (fields.some(({ name }) => name === key)) return false;
    this.#at.problems.add(keyPlace, this.#child(key).path, `a source has no ${key}: records begin there`);
    return true;
  }
}

/** The keys that every stage of a kind has, but for its type. */
export function commonFields(kind: StageKind, { queues }: Pick<Catalogue, 'queues'>): readonly Field[] {
  if (kind === 'source') return [ON_ERROR_FIELD];
  // An alternate exchange needs none of its own.
  const inputs = kind === 'exchange' ? { ...INPUTS_FIELD, required: false } : INPUTS_FIELD;
  return [inputs, queueField(queues), ON_ERROR_OR_RETRY_FIELD];
}

function memoryQueue({ max_bytes, when_full }: Config): MemoryQueueConfig {
  const whenFull = when_full as MemoryQueueConfig['whenFull'];
  return { type: 'memory', whenFull, ...(max_bytes !== undefined && { maxBytes: max_bytes as number }) };
}

/** Where the value of a path such as `routes.slow` or `paths[0]` stands, or the nearest thing around it. */
function placeOf(map: MapNode, path: string, offset?: number): Place | undefined {
  let node: Node | undefined = map;
  let place: Place | undefined;
  for (const [, index, key] of path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    const next: Node | undefined =
      index === undefined
        ? entryOf(node, key!)?.value
        : node?.kind === 'list'
          ? node.items[Number(index)]
          : undefined;
    if (!next) return place;
    node = next;
    place = next.place;
  }
  return node.kind === 'scalar' && offset !== undefined ? placeInside(node, offset) : place;
}
