import type { Channel, ChannelModel } from 'amqplib';
import { type Config, MillraceError, messageOf } from '#component';

export const EXCHANGE_TYPES = ['direct', 'topic', 'fanout', 'headers'] as const;

/** What a pipeline needs to be there on the broker. All of it is durable. */
export interface Topology {
  readonly exchanges: readonly Declared<{ readonly type: string }>[];
  readonly queues: readonly Declared[];
  readonly bindings: readonly Binding[];
}

type Declared<More = object> = More & { readonly name: string; readonly arguments: Config };

export interface Binding {
  readonly exchange: string;
  /** One of these two. */
  readonly queue?: string;
  readonly toExchange?: string;
  readonly routingKey: string;
  readonly arguments: Config;
}

/** Declares what is missing. What is there and differs stays as it is. @throws MillraceError `amqp_topology_differs` */
export async function declareTopology(model: ChannelModel, topology: Topology): Promise<void> {
  if (topology.exchanges.length + topology.queues.length + topology.bindings.length === 0) return;
  const channel = await openChannel(model);
  try {
    for (const { name, type, arguments: args } of topology.exchanges)
      await channel.assertExchange(name, type, { durable: true, arguments: args });
    for (const { name, arguments: args } of topology.queues)
      await channel.assertQueue(name, { durable: true, arguments: args });
    for (const binding of topology.bindings) await bind(channel, binding);
    await channel.close();
  } catch (error) {
    throw topologyError(error);
  }
}

async function bind(channel: Channel, binding: Binding): Promise<void> {
  const { exchange, queue, toExchange, routingKey, arguments: args } = binding;
  if (queue === undefined) await channel.bindExchange(toExchange!, exchange, routingKey, args);
  else await channel.bindQueue(queue, exchange, routingKey, args);
}

/** How the broker differs from the topology, one line each. Changes nothing. Bindings cannot be asked for in AMQP. */
export async function compareTopology(model: ChannelModel, topology: Topology): Promise<string[]> {
  const differences: string[] = [];
  for (const { name, type, arguments: args } of topology.exchanges) {
    const exists = await isThere(model, (channel) => channel.checkExchange(name));
    const difference = exists
      ? await differenceOf(model, (channel) =>
          channel.assertExchange(name, type, { durable: true, arguments: args }),
        )
      : `there is no exchange "${name}" yet; a run declares it`;
    if (difference !== undefined) differences.push(difference);
  }
  for (const { name, arguments: args } of topology.queues) {
    const exists = await isThere(model, (channel) => channel.checkQueue(name));
    const difference = exists
      ? await differenceOf(model, (channel) => channel.assertQueue(name, { durable: true, arguments: args }))
      : `there is no queue "${name}" yet; a run declares it`;
    if (difference !== undefined) differences.push(difference);
  }
  return differences;
}

/** A channel whose errors reach those who wait for an answer, and nobody else. */
export async function openChannel(model: ChannelModel): Promise<Channel> {
  const channel = await model.createChannel();
  channel.on('error', () => {});
  return channel;
}

/** Whether something can be found. An error closes its channel, so each question has one of its own. */
export async function isThere(
  model: ChannelModel,
  ask: (channel: Channel) => Promise<unknown>,
): Promise<boolean> {
  const channel = await openChannel(model);
  try {
    await ask(channel);
    await channel.close();
    return true;
  } catch (error) {
    if (/\b404\b/.test(messageOf(error))) return false;
    throw topologyError(error);
  }
}

async function differenceOf(
  model: ChannelModel,
  declare: (channel: Channel) => Promise<unknown>,
): Promise<string | undefined> {
  const channel = await openChannel(model);
  try {
    await declare(channel);
    await channel.close();
    return undefined;
  } catch (error) {
    if (/\b406\b/.test(messageOf(error))) return saidByBroker(error);
    throw topologyError(error);
  }
}

/** What a broker says about a declaration: `inequivalent arg 'x-message-ttl' for queue 'a' in vhost '/': …`. */
function saidByBroker(error: unknown): string {
  const said = /with message "(.*)"$/s.exec(messageOf(error))?.[1] ?? messageOf(error);
  return said.replace(/^PRECONDITION_FAILED - /, '');
}

function topologyError(error: unknown): unknown {
  if (error instanceof MillraceError) return error;
  const message = messageOf(error);
  if (!/\b(403|404|405|406|530)\b/.test(message))
    return new MillraceError('amqp_disconnected', `the connection broke: ${message}`, {
      blame: 'external',
      retryable: true,
      cause: error,
    });
  const advice = /\b406\b/.test(message)
    ? '; what is there stays as it is: change the topology, or remove it from the broker by hand'
    : '';
  return new MillraceError('amqp_topology_differs', `${saidByBroker(error)}${advice}`, {
    blame: 'config',
    cause: error,
  });
}
