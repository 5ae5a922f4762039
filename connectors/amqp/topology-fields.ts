import { type Config, type Field, FieldError } from '#component';
import { EXCHANGE_TYPES, type Topology } from './topology.js';

/** A name of a queue or an exchange is a short string of AMQP. */
const MOST_NAME_BYTES = 255;

export function parseEntityName(text: string): string {
  if (Buffer.byteLength(text) > MOST_NAME_BYTES)
    throw new FieldError(`a name in AMQP has at most ${MOST_NAME_BYTES} bytes`);
  return text;
}

const NAME = { kind: 'string', format: 'name', parse: parseEntityName } as const;

const ARGUMENTS: Field = {
  name: 'arguments',
  summary: 'Further arguments of its declaration, by their names in RabbitMQ.',
  type: { kind: 'map', values: { kind: 'any' } },
  example: { 'x-queue-leader-locator': 'balanced' },
};

const EXCHANGE_FIELDS: readonly Field[] = [
  {
    name: 'type',
    summary: 'How it routes.',
    type: { kind: 'enum', values: EXCHANGE_TYPES },
    default: 'topic',
  },
  {
    name: 'alternate_exchange',
    summary: 'Where messages go that it cannot route.',
    type: NAME,
    example: 'unrouted',
  },
  ARGUMENTS,
];

const QUEUE_FIELDS: readonly Field[] = [
  {
    name: 'type',
    summary: 'Quorum queues are replicated over the nodes of a cluster; classic ones lie on one node.',
    type: { kind: 'enum', values: ['quorum', 'classic', 'stream'] },
    default: 'quorum',
  },
  {
    name: 'message_ttl',
    summary: 'How long a message waits in it.',
    type: { kind: 'duration', min: 1 },
    example: '1h',
  },
  {
    name: 'expires',
    summary: 'The broker removes the queue when nobody has used it for so long.',
    type: { kind: 'duration', min: 1 },
    example: '7d',
  },
  {
    name: 'dead_letter_exchange',
    summary: 'Where messages go that were rejected, have expired, or found no room.',
    type: NAME,
    example: 'dead',
  },
  {
    name: 'dead_letter_routing_key',
    summary: 'Their routing key there, in place of their own.',
    type: NAME,
    example: 'orders',
  },
  {
    name: 'max_length',
    summary: 'How many messages it holds at most.',
    type: { kind: 'integer', min: 1 },
    example: 100000,
  },
  { name: 'max_bytes', summary: 'How large it grows.', type: { kind: 'size', min: 1 }, example: '1GiB' },
  {
    name: 'overflow',
    summary:
      'What becomes of a message for which there is no room: the oldest one gives way, or it is refused.',
    type: { kind: 'enum', values: ['drop-head', 'reject-publish'] },
    example: 'reject-publish',
  },
  {
    name: 'delivery_limit',
    summary: 'Of a quorum queue: a message that came back so often is a dead letter.',
    type: { kind: 'integer', min: 1 },
    example: 20,
  },
  {
    name: 'max_priority',
    summary: 'Of a classic queue: it gives messages by priority, from 0 to this.',
    type: { kind: 'integer', min: 1, max: 255 },
    example: 10,
  },
  ARGUMENTS,
];

const BINDING_FIELDS: readonly Field[] = [
  { name: 'exchange', summary: 'Where messages come from.', type: NAME, required: true },
  { name: 'queue', summary: 'Where they go.', type: NAME, example: 'orders.new' },
  { name: 'to_exchange', summary: 'Or the exchange where they go.', type: NAME, example: 'archive' },
  {
    name: 'routing_key',
    summary: 'Which of them: the key, or in a topic exchange its pattern.',
    type: NAME,
    default: '',
  },
  {
    name: 'arguments',
    summary: 'Of a headers exchange: `x-match` and the headers.',
    type: { kind: 'map', values: { kind: 'any' } },
    example: { 'x-match': 'any', region: 'eu' },
  },
];

export const TOPOLOGY_FIELD: Field = {
  name: 'topology',
  summary:
    'Exchanges, queues and bindings that the pipeline needs. A run declares those that are missing and removes none; `millrace validate --connect` shows how the broker differs.',
  type: {
    kind: 'object',
    fields: [
      {
        name: 'exchanges',
        summary: 'By name. They are durable.',
        type: { kind: 'map', values: { kind: 'object', fields: EXCHANGE_FIELDS } },
      },
      {
        name: 'queues',
        summary: 'By name. They are durable.',
        type: { kind: 'map', values: { kind: 'object', fields: QUEUE_FIELDS } },
      },
      {
        name: 'bindings',
        summary: 'Which messages go from an exchange to a queue, or to another exchange.',
        type: { kind: 'list', items: { kind: 'object', fields: BINDING_FIELDS } },
      },
    ],
  },
  example: {
    exchanges: { orders: { type: 'topic' } },
    queues: { 'orders.new': { message_ttl: '1h' } },
    bindings: [{ exchange: 'orders', queue: 'orders.new', routing_key: 'order.#' }],
  },
};

/** For each option the argument that RabbitMQ knows. */
const QUEUE_ARGUMENTS: Readonly<Record<string, string>> = {
  type: 'x-queue-type',
  message_ttl: 'x-message-ttl',
  expires: 'x-expires',
  dead_letter_exchange: 'x-dead-letter-exchange',
  dead_letter_routing_key: 'x-dead-letter-routing-key',
  max_length: 'x-max-length',
  max_bytes: 'x-max-length-bytes',
  overflow: 'x-overflow',
  delivery_limit: 'x-delivery-limit',
  max_priority: 'x-max-priority',
};

/** What the option `topology` holds. */
export function topologyOf({ topology }: Config): Topology {
  const {
    exchanges = {},
    queues = {},
    bindings = [],
  } = (topology ?? {}) as {
    readonly exchanges?: Readonly<Record<string, Config>>;
    readonly queues?: Readonly<Record<string, Config>>;
    readonly bindings?: readonly Config[];
  };
  return {
    exchanges: Object.entries(exchanges).map(([name, { type, alternate_exchange, arguments: more }]) => ({
      name,
      type: type as string,
      arguments: {
        ...(alternate_exchange !== undefined && { 'alternate-exchange': alternate_exchange }),
        ...(more as object | undefined),
      },
    })),
    queues: Object.entries(queues).map(([name, config]) => ({ name, arguments: queueArguments(config) })),
    bindings: bindings.map(({ exchange, queue, to_exchange, routing_key, arguments: more }) => ({
      exchange: exchange as string,
      ...(queue !== undefined && { queue: queue as string }),
      ...(to_exchange !== undefined && { toExchange: to_exchange as string }),
      routingKey: routing_key as string,
      arguments: (more ?? {}) as Config,
    })),
  };
}

function queueArguments(config: Config): Config {
  const given = Object.entries(QUEUE_ARGUMENTS).filter(([option]) => config[option] !== undefined);
  return {
    ...Object.fromEntries(given.map(([option, argument]) => [argument, config[option]])),
    ...(config.arguments as object | undefined),
  };
}

export function checkTopology(config: Config): { field: string; message: string }[] {
  const { bindings } = topologyOf(config);
  return bindings.flatMap(({ queue, toExchange }, i) =>
    (queue === undefined) === (toExchange === undefined)
      ? [{ field: `topology.bindings[${i}]`, message: 'expected queue or to_exchange, and not both' }]
      : [],
  );
}
