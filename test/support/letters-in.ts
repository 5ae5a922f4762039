import { join } from 'node:path';
import { nodeStorage, type Storage } from '../../src/base/storage.js';
import { LogReader } from '../../src/log/index.js';
import type { DeadLetter } from '../../src/workers/index.js';

/** All dead letters in a folder `<state>/<pipeline>`, segment by segment; none where it is not there. */
export async function deadLettersIn(state: string, storage: Storage = nodeStorage): Promise<DeadLetter[]> {
  const segments = join(state, 'segments');
  const letters: DeadLetter[] = [];
  for (const segment of await storage.list(segments)) {
    letters.push(...(await lettersOf(join(segments, segment, 'dead_letters'), storage)));
  }
  return letters;
}

async function lettersOf(folder: string, storage: Storage): Promise<DeadLetter[]> {
  if ((await storage.list(folder)).length === 0) return [];
  const reader = await LogReader.open({ storage, folder }, {});
  const letters: DeadLetter[] = [];
  try {
    for (let frame = await reader.read(); frame; frame = await reader.read()) {
      const lines = Buffer.from(frame.payload).toString().split('\n').slice(0, -1);
      letters.push(...lines.map((line) => JSON.parse(line) as DeadLetter));
    }
  } finally {
    await reader.close();
  }
  return letters;
}
