import { type Arena, type Batch, gatherRows, Tag, textAt, type Vector } from '../batch/index.js';
import {
  type Config,
  type Emit,
  type ExchangeDefinition,
  type Field,
  type HeadersAsked,
  type Readers,
  TEMPLATE,
  type Transform,
  templateField,
} from '../component/index.js';
import {
  compileTextTemplate,
  compileValueTemplate,
  type Program,
  parseTemplate,
  type Template,
  type TextPart,
} from '../expression/index.js';
import {
  ConsumerSets,
  HeadersRouter,
  KeyRouter,
  NO_KEY,
  type RoutedRows,
  rowsByConsumer,
} from '../routing/index.js';
import { EXPRESSION_FAILED, errorAt } from './record.js';

/** The code of records that match no binding. */
const UNROUTED = 'unrouted';
/** Of a key that is shown in a message. */
const MOST_SHOWN = 200;

/** How one type of exchange finds the consumers of each row. */
interface Router {
  readonly consumers: ConsumerSets;
  /** For each row the number of its set of consumers. The vectors from which they come may hold errors. */
  route(arena: Arena, batch: Batch): { readonly sets: Int32Array; readonly read: readonly Vector[] };
  /** Why nobody gets a row. */
  reason(arena: Arena, read: readonly Vector[], row: number): string;
}

class ByKey implements Router {
  readonly consumers: ConsumerSets;
  readonly #router: KeyRouter;
  readonly #key: Program;

  constructor(
    type: 'direct' | 'topic',
    config: Config,
    readers: readonly (readonly (string | HeadersAsked)[])[],
  ) {
    const bindings = readers.flatMap((asked, consumer) =>
      asked.map((key) => ({ consumer, key: key as string })),
    );
    this.#router = new KeyRouter(type, bindings);
    this.#key = compileTextTemplate(parseTemplate(config.routing_key as string));
    this.consumers = this.#router.consumers;
  }

  route(arena: Arena, batch: Batch): { sets: Int32Array; read: readonly Vector[] } {
    const keys = this.#key.evaluate(arena, batch);
    return { sets: this.#router.route(arena, keys), read: [keys] };
  }

  reason(arena: Arena, [keys]: readonly Vector[], row: number): string {
    const key = textAt(arena, keys!, row);
    const shown = key.length > MOST_SHOWN ? `${key.slice(0, MOST_SHOWN)}…` : key;
    return `no binding matches its routing key ${JSON.stringify(shown)}`;
  }
}

class ByHeaders implements Router {
  readonly consumers: ConsumerSets;
  readonly #router: HeadersRouter;
  readonly #headers: readonly TextPart[];

  constructor(config: Config, readers: readonly (readonly (string | HeadersAsked)[])[]) {
    const headers = Object.entries(config.headers as Readonly<Record<string, string>>);
    const bindings = readers.flatMap((asked, consumer) =>
      asked.map((binding) => ({ consumer, ...(binding as HeadersAsked) })),
    );
    this.#router = new HeadersRouter(
      headers.map(([name]) => name),
      bindings,
    );
    this.#headers = headers.map(([, template]) => compileValueTemplate(parseTemplate(template)));
    this.consumers = this.#router.consumers;
  }

  route(arena: Arena, batch: Batch): { sets: Int32Array; read: readonly Vector[] } {
    const read = this.#headers.map((header) => header.evaluate(arena, batch));
    return { sets: this.#router.route(arena, read, batch.rows), read };
  }

  reason(): string {
    return 'no binding matches its headers';
  }
}

class ToAll implements Router {
  readonly consumers = new ConsumerSets();
  readonly #all: number;

  constructor(readers: readonly unknown[]) {
    this.#all = this.consumers.numberOf(readers.keys());
  }

  route(arena: Arena, batch: Batch): { sets: Int32Array; read: readonly Vector[] } {
    return { sets: arena.int32(batch.rows).fill(this.#all), read: [] };
  }

  reason(): string {
    return 'nobody is bound to the exchange';
  }
}

/** Passes records on to the readers whose bindings match, to each once. */
class Exchange implements Transform {
  readonly #router: Router;
  readonly #readers: readonly string[];
  readonly #unrouted: 'dead_letter' | 'drop';
  readonly #alternate: string | undefined;

  constructor(type: ExchangeDefinition['name'], config: Config) {
    const readers = (config.readers ?? {}) as Readers;
    this.#readers = Object.keys(readers);
    this.#router = createRouter(type, config, Object.values(readers));
    this.#unrouted = config.unrouted as 'dead_letter' | 'drop';
    this.#alternate = config.alternate_exchange as string | undefined;
  }

  apply(batch: Batch, emit: Emit): void {
    const { arena } = emit;
    const { sets, read } = this.#router.route(arena, batch);
    const failed = failErrors(batch, read, sets, emit);
    const { delivered, unrouted } = rowsByConsumer(arena, sets, this.#router.consumers);
    for (const [consumer, rows] of delivered)
      emit.batch(chosen(arena, batch, rows), this.#readers[consumer]!);
    emit.passed(batch.rows - failed - unrouted.count);
    if (unrouted.count > 0) this.#leave(batch, read, unrouted, emit);
  }

  #leave(batch: Batch, read: readonly Vector[], unrouted: RoutedRows, emit: Emit): void {
    if (this.#alternate !== undefined) {
      emit.batch(chosen(emit.arena, batch, unrouted), this.#alternate);
      emit.passed(unrouted.count);
      return;
    }
    if (this.#unrouted === 'drop') {
      emit.drop(unrouted.count);
      return;
    }
    for (let i = 0; i < unrouted.count; i++) {
      const row = unrouted.list[i]!;
      emit.fail(batch, row, UNROUTED, this.#router.reason(emit.arena, read, row));
    }
  }
}

function createRouter(
  type: ExchangeDefinition['name'],
  config: Config,
  readers: readonly (readonly (string | HeadersAsked)[])[],
): Router {
  if (type === 'fanout') return new ToAll(readers);
  return type === 'headers' ? new ByHeaders(config, readers) : new ByKey(type, config, readers);
}

function chosen(arena: Arena, batch: Batch, { list, count }: RoutedRows): Batch {
  return count === batch.rows ? batch : gatherRows(arena, batch, list, count);
}

/** Fails the rows of which a key or header could not be computed, and takes them out of the routing. */
function failErrors(batch: Batch, read: readonly Vector[], sets: Int32Array, emit: Emit): number {
  const broken = read.filter(({ uniform, tags }) => uniform === Tag.ERROR || tags.includes(Tag.ERROR));
  if (broken.length === 0) return 0;
  let failed = 0;
  for (let row = 0; row < batch.rows; row++) {
    const vector = broken.find(({ tags }) => tags[row] === Tag.ERROR);
    if (!vector) continue;
    emit.fail(batch, row, EXPRESSION_FAILED, `cannot find where it goes: ${errorAt(vector, row)}`);
    sets[row] = NO_KEY;
    failed++;
  }
  return failed;
}

const COMMON: readonly Field[] = [
  {
    name: 'unrouted',
    summary: 'What becomes of records that match no binding: kept as dead letters, or dropped and counted.',
    type: { kind: 'enum', values: ['dead_letter', 'drop'] },
    default: 'dead_letter',
  },
  {
    name: 'alternate_exchange',
    summary: 'The exchange that gets the records that match no binding, and routes them by its own options.',
    type: { kind: 'string' },
    example: 'others',
  },
];

const ROUTING_KEY = templateField(
  'routing_key',
  'The routing key of each record; parts that are absent are empty.',
  {
    required: true,
    example: 'web.{area}.{status}',
  },
);

const HEADERS: Field = {
  name: 'headers',
  summary:
    'The headers of each record by name. One whose value is absent is not there; a template that is one expression keeps its type.',
  type: { kind: 'map', values: TEMPLATE },
  required: true,
  example: { kind: '{kind}', status: '{status}' },
};

function exchange(
  name: ExchangeDefinition['name'],
  summary: string,
  fields: readonly Field[],
  example: string,
): ExchangeDefinition {
  return {
    kind: 'exchange',
    keepsRecords: true,
    name,
    summary,
    fields: [...fields, ...COMMON],
    example: `type: ${name}\ninputs: [web]\n${example}`,
    needs: (config, wanted) => ({
      names: new Set([...wanted.names, ...templatesOf(config).flatMap(({ names }) => [...names])]),
      all: wanted.all,
    }),
    mayRunAway: (config) => templatesOf(config).some(({ hasMacros }) => hasMacros),
    shape: (_config, input) => input,
    create: (config) => new Exchange(name, config),
  };
}

function templatesOf({ routing_key, headers }: Config): Template[] {
  const texts = routing_key === undefined ? Object.values(headers ?? {}) : [routing_key];
  return texts.map((text) => parseTemplate(text as string));
}

/** All exchanges, with the meaning that they have in AMQP 0-9-1 and in RabbitMQ. */
export const EXCHANGES: readonly ExchangeDefinition[] = [
  exchange(
    'direct',
    'Passes each record on to the stages whose binding is its routing key.',
    [ROUTING_KEY],
    'routing_key: "{level}"\n',
  ),
  exchange(
    'topic',
    'Passes each record on to the stages whose binding matches its routing key: words between dots, `*` for one word, `#` for any number of words.',
    [ROUTING_KEY],
    'routing_key: web.{method}.{status}\n',
  ),
  exchange('fanout', 'Passes each record on to all stages that are bound to it.', [], ''),
  exchange(
    'headers',
    'Passes each record on to the stages whose headers match its own: all of them or any.',
    [HEADERS],
    'headers: { method: "{method}", status: "{status}" }\n',
  ),
];
