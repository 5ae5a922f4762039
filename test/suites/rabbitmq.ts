import { Arena, type Vector } from '../../src/batch/index.js';
import {
  type ConsumerSets,
  type HeaderMatch,
  HeadersRouter,
  type HeaderValue,
  isHeaderMatch,
  KeyRouter,
  wrongBindingKey,
} from '../../src/routing/index.js';
import { textsIn, vectorOf } from '../routing/support.js';
import { type Case, type Outcome, type Suite, same } from './suite.js';

type Arguments = Readonly<Record<string, unknown>>;

interface TopicInput {
  readonly bindings: readonly { readonly key: string; readonly queue: string }[];
  readonly routing_key: string;
}

interface HeadersInput {
  readonly bindings: readonly { readonly args: Arguments; readonly queue: string }[];
  readonly headers: Arguments;
}

/** Topic exchanges of RabbitMQ, LavinMQ and Qpid. */
export const RABBITMQ_TOPIC_SUITE: Suite = {
  name: 'rabbitmq_topic',
  run: ({ input, expected }) => {
    const { bindings, routing_key } = input as TopicInput;
    const queues = [...new Set(bindings.map(({ queue }) => queue))];
    const router = new KeyRouter(
      'topic',
      bindings.map(({ key, queue }) => ({ consumer: queues.indexOf(queue), key })),
    );
    const arena = new Arena(1024 * 1024);
    const [set] = router.route(arena, textsIn(arena, [routing_key]));
    return check(router.consumers, set!, queues, expected);
  },
};

/** Headers exchanges of the same. Without `x-match`, all headers of a binding must match. */
export const RABBITMQ_HEADERS_SUITE: Suite = {
  name: 'rabbitmq_headers',
  run: ({ input, expected }) => {
    const { bindings, headers } = input as HeadersInput;
    const queues = [...new Set(bindings.map(({ queue }) => queue))];
    const names = [...new Set(bindings.flatMap(({ args }) => Object.keys(headersOf(args))))];
    const router = new HeadersRouter(
      names,
      bindings.map(({ args, queue }) => ({
        consumer: queues.indexOf(queue),
        match: (args['x-match'] ?? 'all') as HeaderMatch,
        headers: headersOf(args),
      })),
    );
    const arena = new Arena(1024 * 1024);
    const columns: Vector[] = names.map((name) => vectorOf(arena, [typedValue(headers[name])]));
    const [set] = router.route(arena, columns, 1);
    return check(router.consumers, set!, queues, expected);
  },
};

/** What brokers refuse as a binding. */
export const RABBITMQ_BINDING_SUITE: Suite = {
  name: 'rabbitmq_binding_validation',
  run: ({ input, expected }: Case) => {
    const { binding_key, args } = input as { binding_key?: string; args?: Arguments };
    const keyIsRight = binding_key === undefined || wrongBindingKey('topic', binding_key) === undefined;
    const match = args?.['x-match'];
    return same({ valid: keyIsRight && (match === undefined || isHeaderMatch(match)) }, expected);
  },
};

/** Some cases say to which queues a message goes, others to how many. */
function check(consumers: ConsumerSets, set: number, queues: readonly string[], expected: unknown): Outcome {
  const found = Array.from(consumers.of(set), (consumer) => queues[consumer]!).sort();
  const { count } = expected as { count?: number };
  return same(count === undefined ? { queues: found } : { count: found.length }, expected);
}

function headersOf(args: Arguments): Record<string, HeaderValue> {
  const entries = Object.entries(args).filter(([name]) => name !== 'x-match');
  return Object.fromEntries(entries.map(([name, value]) => [name, typedValue(value) as HeaderValue]));
}

/** A value of the cases; what has no value is null. */
function typedValue(value: unknown): HeaderValue | undefined {
  return typeof value === 'object' ? null : (value as HeaderValue | undefined);
}
