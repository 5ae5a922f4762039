import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { validateVerb } from '../../../src/cli/validate.js';
import { AMQP_URL, describeWith, RABBITMQ } from '../../support/brokers.js';
import { newFolder, newName, Peer, removeAfterTest } from './amqp-support.js';

const describe = await describeWith(RABBITMQ);

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function validate(source: string, sink: string): Promise<Said> {
  const file = join(newFolder(), 'pipeline.yaml');
  writeFileSync(
    file,
    `
sources:
  in: { type: amqp, url: "${AMQP_URL}", format: json, ${source} }
sinks:
  out: { type: amqp, url: "${AMQP_URL}", inputs: [in], ${sink} }
`,
  );
  const said = { out: '', err: '' };
  const to = (key: 'out' | 'err') => ({
    write: (text: string) => {
      said[key] += text;
      return true;
    },
  });
  const io = { out: to('out'), err: to('err'), env: {} } as unknown as Parameters<typeof validateVerb>[2];
  const code = await validateVerb(file, { format: 'text', connect: true }, io);
  return { code, ...said };
}

describe('validate --connect', () => {
  it('shows what is missing and what differs, each with its place, and changes nothing', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue({ messageTtl: 1000 });
    const [exchange, missing] = [newName('exchange'), newName('missing')];
    const topology = `topology: { queues: { ${queue}: { type: classic, message_ttl: 2s } }, exchanges: { ${exchange}: {} } }`;
    for (let time = 0; time < 2; time++) {
      const { code, err } = await validate(`queue: ${queue}, ${topology}`, `exchange: ${missing}`);
      expect(code).toBe(78);
      expect(err).toMatch(
        /yaml:3:3: sources\.in: topology: there is no exchange "[^"]+" yet; a run declares it/,
      );
      expect(err).toMatch(
        /sources\.in: topology: inequivalent arg 'x-message-ttl' for queue '.*'2000'.*'1000'/,
      );
      expect(err).toMatch(/yaml:5:3: sinks\.out: exchange: there is no exchange "[^"]+": declare it/);
    }
  });

  it('is content with a broker that has it all', async () => {
    const peer = await Peer.open();
    const queue = await peer.queue();
    const exchange = newName('exchange');
    await peer.channel.assertExchange(exchange, 'topic');
    removeAfterTest((channel) => channel.deleteExchange(exchange));
    const topology = `topology: { exchanges: { ${exchange}: { type: topic } } }`;
    expect(await validate(`queue: ${queue}`, `exchange: ${exchange}, ${topology}`)).toEqual({
      code: 0,
      out: 'ok: 1 source, 0 transforms, 1 sink\n',
      err: '',
    });
  });

  it('says that a broker cannot be asked', async () => {
    const nobody = 'url: "amqp://guest:hidden-one@127.0.0.1:1"';
    const { code, err } = await validate('queue: q', 'exchange: ""');
    expect(code).toBe(78);
    expect(err).toMatch(/there is no queue "q"/);
    const file = join(newFolder(), 'pipeline.yaml');
    writeFileSync(
      file,
      `
sources: { in: { type: amqp, ${nobody}, queue: q } }
sinks: { out: { type: blackhole, inputs: [in] } }
`,
    );
    let said = '';
    const write = (text: string): boolean => {
      said += text;
      return true;
    };
    const io = { out: { write }, err: { write }, env: {} } as unknown as Parameters<typeof validateVerb>[2];
    expect(await validateVerb(file, { format: 'json', connect: true }, io)).toBe(78);
    expect(said).toMatch(/no broker answers \(127\.0\.0\.1:1: .*ECONNREFUSED/);
    expect(said).not.toContain('hidden-one');
  });
});
