import type { ChannelModel } from 'amqplib';
import type { Config, OutsideContext } from '#component';
import { connectionName, openConnection } from './connection.js';
import { connectionOptions } from './options.js';
import { compareTopology, isThere, type Topology } from './topology.js';
import { topologyOf } from './topology-fields.js';

type Differences = readonly { readonly field: string; readonly message: string }[];

/** How a broker differs from what a source or a sink needs to be there. */
export async function compareWithBroker(
  config: Config,
  context: OutsideContext,
  needed: { readonly queue?: string; readonly exchange?: string },
): Promise<Differences> {
  const topology = topologyOf(config);
  const isDeclared = (list: Topology['queues' | 'exchanges'], name: string): boolean =>
    list.some((one) => one.name === name);
  const model = await openConnection(
    connectionOptions(config),
    connectionName(context.pipeline, context.stage, 'validate'),
  );
  try {
    const differences = (await compareTopology(model, topology)).map((message) => ({
      field: 'topology',
      message,
    }));
    const { queue, exchange } = needed;
    const undeclared = {
      queues: queue === undefined || isDeclared(topology.queues, queue) ? [] : [queue],
      exchanges: !exchange || isDeclared(topology.exchanges, exchange) ? [] : [exchange],
    };
    const missing = await missingOf(model, undeclared);
    return [...differences, ...missing];
  } finally {
    await model.close();
  }
}

async function missingOf(
  model: ChannelModel,
  { queues, exchanges }: { readonly queues: readonly string[]; readonly exchanges: readonly string[] },
): Promise<Differences> {
  const differences: { field: string; message: string }[] = [];
  for (const name of queues) {
    if (await isThere(model, (channel) => channel.checkQueue(name))) continue;
    const message = `there is no queue "${name}": declare it under topology.queues, or mend its name`;
    differences.push({ field: 'queue', message });
  }
  for (const name of exchanges) {
    if (await isThere(model, (channel) => channel.checkExchange(name))) continue;
    const message = `there is no exchange "${name}": declare it under topology.exchanges, or mend its name`;
    differences.push({ field: 'exchange', message });
  }
  return differences;
}
