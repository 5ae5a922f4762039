import type { StageLog } from '#component';
import {
  ASSIGNORS,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './assignor.js';
import type { KafkaClient, TopicPartition } from './client.js';
import { isCausedBy, kafkaError } from './errors.js';
import { Pauses } from './persist.js';

export interface GroupOptions {
  readonly group: string;
  /** After so long without a heartbeat the group takes the member's partitions away. */
  readonly sessionTimeoutMs: number;
  /** How long the group waits for members that finish what they have read before they give up partitions. */
  readonly rebalanceTimeoutMs: number;
  readonly log: StageLog;
}

export interface GroupOffset extends TopicPartition {
  readonly offset: number;
}

export interface CommittedOffset extends GroupOffset {
  /** What whoever committed it said beside it. */
  readonly metadata: string;
}

interface JoinResponse {
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly memberId: string | null;
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer | null }[];
}

interface OffsetFetchResponse {
  readonly groups: readonly {
    readonly topics: readonly {
      readonly name: string;
      readonly partitions: readonly {
        readonly partitionIndex: number;
        readonly committedOffset: bigint;
        readonly metadata: string | null;
      }[];
    }[];
  }[];
}

const GROUP = 0;
const NOT_A_MEMBER = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'];
/** A group heartbeats this many times within the time after which a member is taken for dead. */
const BEATS_PER_SESSION = 10;
const MOST_BEAT_MS = 3000;
/** The first group of a cluster, and one whose broker has changed, is found after some tries. */
const ATTEMPTS_BEFORE_WARNING = 5;

/**
 * One member of a consumer group, in the classic protocol. Offsets are committed by the group's generation, so that a member
 * that was taken for dead commits nothing that others have taken over.
 */
export class GroupMember {
  readonly #client: KafkaClient;
  readonly #options: GroupOptions;
  #memberId = '';
  #generation = -1;
  #beat: NodeJS.Timeout | undefined;
  #onRebalance: (() => void) | undefined;
  /** Grows whenever it may have missed a generation: what it read before may have been taken over. */
  #lapses = 0;

  constructor(client: KafkaClient, options: GroupOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Changes when other members may have had this one's partitions in between. */
  get lapses(): number {
    return this.#lapses;
  }

  /**
   * Joins the group, or joins it again, and resolves to the partitions that are its own until `onRebalance` is called. Then
   * the group waits for it to finish what it has read and to join again.
   */
  async join(
    topics: readonly string[],
    signal: AbortSignal,
    onRebalance: () => void,
  ): Promise<readonly TopicPartition[]> {
    this.#onRebalance = undefined;
    const pauses = new Pauses();
    for (let attempt = 1; ; attempt++) {
      try {
        const assignment = await this.#joinOnce(topics);
        this.#onRebalance = onRebalance;
        this.#startBeating();
        return assignment;
      } catch (error) {
        signal.throwIfAborted();
        if (isCausedBy(error, 'MEMBER_ID_REQUIRED')) {
          this.#memberId = (error as { response?: JoinResponse }).response?.memberId ?? '';
          continue;
        }
        if (isCausedBy(error, ...NOT_A_MEMBER)) this.#forget();
        else if (!isCausedBy(error, 'REBALANCE_IN_PROGRESS')) {
          const failed = kafkaError(`cannot join the group ${this.#options.group}`, error);
          if (!failed.retryable) throw failed;
          if (attempt >= ATTEMPTS_BEFORE_WARNING)
            this.#options.log.warn({ code: failed.code }, `${failed.message}; trying again`);
        }
        await pauses.wait(signal);
      }
    }
  }

  /** @throws where the broker is not reached, or the member has lost its place */
  async commit(offsets: readonly GroupOffset[], metadata: string): Promise<void> {
    const topics = new Map<string, object[]>();
    for (const { topic, partition, offset } of offsets) {
      const entry = {
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: metadata,
      };
      topics.set(topic, [...(topics.get(topic) ?? []), entry]);
    }
    const byTopic = [...topics].map(([name, partitions]) => ({ name, partitions }));
    const { group } = this.#options;
    await this.#call('OffsetCommit', [group, this.#generation, this.#memberId, null, byTopic]);
  }

  /** The group's offsets of those partitions that have one. */
  async committed(partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of partitions)
      topics.set(topic, [...(topics.get(topic) ?? []), partition]);
    const asked = [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes }));
    const { group: groupId } = this.#options;
    const groups = [{ groupId, memberId: null, memberEpoch: -1, topics: asked }];
    const isStable = true;
    const response = await this.#call<OffsetFetchResponse>('OffsetFetch', [groups, isStable]);
    return response.groups.flatMap((group) =>
      group.topics.flatMap(({ name, partitions: found }) =>
        found
          .filter(({ committedOffset }) => committedOffset >= 0n)
          .map(({ partitionIndex, committedOffset, metadata }) => ({
            topic: name,
            partition: partitionIndex,
            offset: Number(committedOffset),
            metadata: metadata ?? '',
          })),
      ),
    );
  }

  /** Gives its partitions to the others at once. */
  async leave(): Promise<void> {
    this.#stopBeating();
    if (this.#memberId === '') return;
    const members = [{ memberId: this.#memberId, groupInstanceId: null }];
    this.#forget();
    await this.#call('LeaveGroup', [this.#options.group, members]);
  }

  async #joinOnce(topics: readonly string[]): Promise<readonly TopicPartition[]> {
    this.#stopBeating();
    const { group, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const metadata = encodeSubscription(topics);
    const protocols = [...ASSIGNORS.keys()].map((name) => ({ name, metadata }));
    const asked = [
      group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      this.#memberId,
      null,
      'consumer',
      protocols,
      '',
    ];
    const joined = await this.#call<JoinResponse>('JoinGroup', asked, 'join');
    if (joined.memberId !== this.#memberId || joined.generationId !== this.#generation + 1) this.#lapses++;
    this.#memberId = joined.memberId ?? '';
    this.#generation = joined.generationId;
    const assignments = joined.leader === this.#memberId ? await this.#assign(joined) : [];
    const synced = await this.#call<{ readonly assignment: Buffer }>(
      'SyncGroup',
      [group, this.#generation, this.#memberId, null, 'consumer', joined.protocolName, assignments],
      'join',
    );
    return decodeAssignment(synced.assignment);
  }

  async #assign({ protocolName, members }: JoinResponse): Promise<object[]> {
    const subscribers = members.map(({ memberId, metadata }) => decodeSubscription(memberId, metadata!));
    const topics = [...new Set(subscribers.flatMap((subscriber) => subscriber.topics))];
    const cluster = await this.#client.refresh(topics);
    const assign = ASSIGNORS.get(protocolName ?? '')!;
    const assigned = assign(subscribers, (topic) => cluster.topics.get(topic)?.partitions.length ?? 0);
    return [...assigned].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }));
  }

  #call<R>(name: string, args: unknown[], purpose?: 'join'): Promise<R> {
    return this.#client.coordinated<R>(GROUP, this.#options.group, name, args, purpose);
  }

  #forget(): void {
    this.#memberId = '';
    this.#generation = -1;
  }

  #startBeating(): void {
    const everyMs = Math.min(MOST_BEAT_MS, this.#options.sessionTimeoutMs / BEATS_PER_SESSION);
    this.#beat = setInterval(() => void this.#heartbeat(), everyMs);
  }

  #stopBeating(): void {
    clearInterval(this.#beat);
  }

  async #heartbeat(): Promise<void> {
    const generation = this.#generation;
    try {
      await this.#call('Heartbeat', [this.#options.group, generation, this.#memberId, null]);
    } catch (error) {
      // While a broker does not answer, the member goes on: the group will say whether that took too long.
      if (generation !== this.#generation) return;
      if (isCausedBy(error, ...NOT_A_MEMBER)) {
        this.#stopBeating();
        this.#forget();
      } else if (!isCausedBy(error, 'REBALANCE_IN_PROGRESS')) return;
      const onRebalance = this.#onRebalance;
      this.#onRebalance = undefined;
      onRebalance?.();
    }
  }
}
