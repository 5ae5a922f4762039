import {
  type API,
  Base,
  type Broker,
  type Connection,
  ConnectionPool,
  kGetApi,
  type metadataV12,
  type Reader,
  type SASLOptions,
  type Writer,
} from '@platformatic/kafka';
import type { ConnectionOptions } from './connection.js';
import { isCausedBy } from './errors.js';

type MetadataResponse = metadataV12.MetadataResponse;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Topic {
  readonly name: string;
  /** Of Kafka: a topic that was deleted and made again has another. */
  readonly id: string;
  /** By their numbers. */
  readonly partitions: readonly { readonly leader: number; readonly leaderEpoch: number }[];
}

export interface Cluster {
  readonly brokers: ReadonlyMap<number, Broker>;
  readonly topics: ReadonlyMap<string, Topic>;
}

/** Each purpose has a connection of its own to a broker, so that what waits there (a fetch) holds up nothing else. */
export type Purpose = 'control' | 'join' | 'fetch' | 'produce';

const CONNECT_TIMEOUT_MS = 10_000;
/** After so long without an answer the connection is given up. */
const TIMEOUTS_MS: Readonly<Record<Purpose, number>> = {
  control: 10_000,
  fetch: 10_000,
  produce: 15_000,
  // The broker answers when all members of the group have come, or their time is over.
  join: 360_000,
};

/** A request whose bytes are made and read here instead of by the client. */
export interface RawRequest<T> {
  readonly api: string;
  /** In place of the newest that both sides know. */
  readonly version?: number;
  readonly request: (version: number) => Writer;
  readonly parse: (bytes: Buffer, version: number) => T;
}

/**
 * Requests to a cluster: the connections, their security and the protocol's messages are the library's; what is sent when,
 * and what is done about errors, is ours.
 */
export class KafkaClient {
  readonly #base: Base;
  readonly #pools = new Map<Purpose, ConnectionPool>();
  readonly #options: ConstructorParameters<typeof Base>[0];
  #cluster: Cluster = { brokers: new Map(), topics: new Map() };
  /** By what they coordinate. */
  readonly #coordinators = new Map<string, number>();
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    const { brokers, clientId, tls, sasl } = options;
    this.#options = {
      clientId,
      bootstrapBrokers: [...brokers],
      retries: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: TIMEOUTS_MS.control,
      ...(tls && { tls: { ...tls } }),
      ...(sasl && { sasl: saslOf(sasl) }),
    };
    this.#base = new Base(this.#options);
  }

  get cluster(): Cluster {
    return this.#cluster;
  }

  /** Asks anew where the topics (without names: all) lie. Those that do not exist are left out. */
  async refresh(topics: readonly string[] | undefined, mayCreate = false): Promise<Cluster> {
    const response = await this.#metadata(topics, mayCreate);
    const brokers = new Map(
      response.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }] as const),
    );
    const found = response.topics.filter(({ errorCode, isInternal }) => errorCode === 0 && !isInternal);
    this.#cluster = { brokers, topics: new Map(found.map((topic) => [topic.name!, topicOf(topic)])) };
    return this.#cluster;
  }

  /** A request to the broker with this number, or to any that answers. */
  async call<R>(
    node: number | undefined,
    name: string,
    args: unknown[],
    purpose: Purpose = 'control',
  ): Promise<R> {
    const api = await this.#api<unknown[], R>(name);
    const connection = await this.#connection(node, purpose);
    return this.#guard(connection, api.async(connection, ...args));
  }

  async send<T>(node: number, purpose: Purpose, raw: RawRequest<T>): Promise<T> {
    const { api: name, request, parse } = raw;
    const { key, version: newest } = await this.#api(name);
    const version = raw.version ?? newest;
    const connection = await this.#connection(node, purpose);
    const answer = new Promise<T>((resolve, reject) => {
      const read = (_id: number, _key: number, _version: number, reader: Reader): T =>
        parse(bytesOf(reader), version);
      connection.send(
        key,
        version,
        () => request(version),
        read,
        true,
        true,
        (error, result) => (error ? reject(error) : resolve(result as T)),
      );
    });
    return this.#guard(connection, answer);
  }

  /** The broker that looks after a group, or with type 1 after a transactional id. */
  async coordinator(type: 0 | 1, key: string): Promise<number> {
    const known = this.#coordinators.get(`${type}:${key}`);
    if (known !== undefined) return known;
    type Found = { readonly coordinators: readonly { nodeId: number; host: string; port: number }[] };
    const { coordinators } = await this.call<Found>(undefined, 'FindCoordinator', [type, [key]]);
    const { nodeId, host, port } = coordinators[0]!;
    this.#cluster = { ...this.#cluster, brokers: new Map(this.#cluster.brokers).set(nodeId, { host, port }) };
    this.#coordinators.set(`${type}:${key}`, nodeId);
    return nodeId;
  }

  /** A request to such a coordinator; when it has moved, that is found out by the next try. */
  async coordinated<R>(
    type: 0 | 1,
    key: string,
    name: string,
    args: unknown[],
    purpose?: Purpose,
  ): Promise<R> {
    return this.#atCoordinator(type, key, (node) => this.call<R>(node, name, args, purpose));
  }

  async coordinatedSend<T>(type: 0 | 1, key: string, raw: RawRequest<T>): Promise<T> {
    return this.#atCoordinator(type, key, (node) => this.send(node, 'control', raw));
  }

  async #atCoordinator<R>(type: 0 | 1, key: string, ask: (node: number) => Promise<R>): Promise<R> {
    try {
      return await ask(await this.coordinator(type, key));
    } catch (error) {
      if (isCausedBy(error, 'NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE') || !isOfProtocol(error))
        this.#coordinators.delete(`${type}:${key}`);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([this.#base.close(), ...[...this.#pools.values()].map((pool) => pool.close())]);
  }

  async #metadata(topics: readonly string[] | undefined, mayCreate: boolean): Promise<MetadataResponse> {
    try {
      return await this.call<MetadataResponse>(undefined, 'Metadata', [
        topics ? [...topics] : null,
        mayCreate,
      ]);
    } catch (error) {
      // Single topics that are not there, or not yet, make the whole an error, which has the others with it.
      const { response } = error as { readonly response?: MetadataResponse };
      if (response && isCausedBy(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'))
        return response;
      throw error;
    }
  }

  #api<A extends unknown[], R>(name: string): Promise<API<A, R>> {
    return new Promise((resolve, reject) => {
      this.#base[kGetApi]<A, R>(name, (error, api) => (error ? reject(error) : resolve(api!)));
    });
  }

  async #connection(node: number | undefined, purpose: Purpose): Promise<Connection> {
    let pool = this.#pools.get(purpose);
    if (!pool) {
      pool = new ConnectionPool(this.#options.clientId, {
        ...this.#options,
        requestTimeout: TIMEOUTS_MS[purpose],
      });
      this.#pools.set(purpose, pool);
    }
    if (this.#isClosed) throw new Error('the client is closed');
    const first = this.#options.bootstrapBrokers.map((broker) => this.#parsed(broker));
    if (node === undefined) return pool.getFirstAvailable([...first, ...this.#cluster.brokers.values()]);
    const broker = this.#cluster.brokers.get(node);
    if (!broker) throw new Error(`the broker with the number ${node} is not known (any more)`);
    return pool.get(broker);
  }

  #parsed(broker: string | Broker): Broker {
    if (typeof broker !== 'string') return broker;
    const colon = broker.lastIndexOf(':');
    return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) };
  }

  /** After a request without an answer nothing that comes over the connection could be told apart. */
  async #guard<T>(connection: Connection, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof Error && error.message === 'Request timed out')
        void connection.close().catch(() => {});
      throw error;
    }
  }
}

function isOfProtocol(error: unknown): boolean {
  return error instanceof Error && 'response' in error;
}

function topicOf({ name, topicId, partitions }: MetadataResponse['topics'][number]): Topic {
  const sorted = [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
  return {
    name: name!,
    id: topicId,
    partitions: sorted.map(({ leaderId, leaderEpoch }) => ({ leader: leaderId, leaderEpoch })),
  };
}

function bytesOf(reader: Reader): Buffer {
  return reader.buffer.buffer as Buffer;
}

function saslOf({
  mechanism,
  username,
  password,
  token,
}: NonNullable<ConnectionOptions['sasl']>): SASLOptions {
  return {
    mechanism,
    ...(username !== undefined && { username }),
    ...(password && { password: () => password.reveal() }),
    ...(token && { token: () => token.reveal() }),
  };
}
