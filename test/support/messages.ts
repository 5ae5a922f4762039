import {
  type Block,
  type Chunk,
  type EnvelopeOfRecords,
  envelopeValue,
  MessageWriter,
  type Outlet,
  payloadOf,
  type RefusedRow,
  type SinkDefinition,
  type SourceDefinition,
} from '../../src/component/index.js';

/** A message as a broker would give it. */
export interface GivenMessage {
  readonly bytes: Uint8Array;
  readonly position: number;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** A source of messages, in chunks of as many as fit. */
export function messageSource(messages: readonly GivenMessage[], format = 'json'): SourceDefinition {
  async function* read(outlet: Outlet): AsyncGenerator<Chunk> {
    const partition = { source: 'in', name: 'orders/0' };
    let writer: MessageWriter | undefined;
    for (const { bytes, position, meta } of messages) {
      const text = meta && JSON.stringify(meta);
      if (writer?.add(bytes, position, text)) continue;
      if (writer) yield writer.chunk(partition, 1_000);
      writer = await MessageWriter.lend(outlet, bytes, text);
      writer.add(bytes, position, text);
    }
    if (writer) yield writer.chunk(partition, 1_000);
  }
  return {
    kind: 'source',
    name: 'messages',
    summary: 'For tests.',
    readsMessages: true,
    fields: [{ name: 'format', summary: 'Decoder.', type: { kind: 'any' }, default: { type: format } }],
    example: 'type: messages',
    create: () => ({ read, close: async () => {} }),
  };
}

/** What a sink got: a message with its values. */
export interface SentMessage {
  readonly payload: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

/** A sink that keeps what it gets, but what `refuse` gives a reason for. */
export class Outbox {
  readonly sent: SentMessage[] = [];
  readonly blocks: Block[] = [];
  readonly #envelope: EnvelopeOfRecords;
  readonly #refuse: (message: SentMessage) => Omit<RefusedRow, 'row'> | undefined;

  constructor(
    envelope: EnvelopeOfRecords,
    refuse: (message: SentMessage) => Omit<RefusedRow, 'row'> | undefined = () => undefined,
  ) {
    this.#envelope = envelope;
    this.#refuse = refuse;
  }

  sink(format = 'json'): SinkDefinition {
    return {
      kind: 'sink',
      name: 'outbox',
      keepsState: true,
      summary: 'For tests.',
      fields: [{ name: 'format', summary: 'Encoder.', type: { kind: 'any' }, default: { type: format } }],
      example: 'type: outbox',
      envelope: () => this.#envelope,
      create: () => ({
        open: async () => null,
        write: async (block: Block) => this.#write(block),
        prepare: async () => ({ state: null, durable: async () => {} }),
        close: async () => {},
      }),
    };
  }

  #write(block: Block): RefusedRow[] {
    // What is kept must not change when the buffer is used again.
    this.blocks.push({ ...block, bytes: block.bytes.slice() });
    const refused: RefusedRow[] = [];
    for (let row = 0; row < block.envelope!.ends.length; row++) {
      const message = messageAt(block, row);
      const reason = this.#refuse(message);
      if (reason) refused.push({ row, ...reason });
      else this.sent.push(message);
    }
    return refused;
  }
}

export function messageAt(block: Block, row: number): SentMessage {
  const envelope = block.envelope!;
  const names = Object.keys(envelope.values);
  return {
    payload: Buffer.from(payloadOf(block, row)).toString(),
    values: Object.fromEntries(names.map((name) => [name, envelopeValue(envelope, name, row)])),
  };
}
