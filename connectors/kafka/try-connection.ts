import type { Config, Finding } from '#component';
import { KafkaClient } from './client.js';
import { connectionOf } from './connection.js';
import { kafkaError } from './errors.js';

/** Asks any of the brokers who they are, with the user that the configuration has. */
export async function tryConnection(config: Config): Promise<readonly Finding[]> {
  const connection = await connectionOf(config);
  const client = new KafkaClient(connection);
  try {
    await client.refresh([]);
    return [];
  } catch (error) {
    const what = `cannot connect to ${connection.brokers.join(', ')}`;
    return [{ field: 'brokers', message: kafkaError(what, error).message }];
  } finally {
    await client.close();
  }
}
