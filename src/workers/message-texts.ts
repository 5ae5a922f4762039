import { type Arena, ArenaWriter, type Batch, type Escort, Tag, textVector } from '../batch/index.js';
import { compileExpression, parseExpression } from '../expression/index.js';
import { type Encoder, formatNamed } from '../formats/index.js';
import { encodeEach } from './encode-each.js';

/** Says of each record of a batch what it is as JSON, for queues whose messages others read, too. */
export class MessageTexts {
  readonly #writer: ArenaWriter;
  readonly #encoder: Encoder;
  readonly #id = compileExpression(parseExpression('meta.id'));

  private constructor(arena: Arena, encoder: Encoder) {
    this.#writer = new ArenaWriter(arena);
    this.#encoder = encoder;
  }

  static async create(arena: Arena): Promise<MessageTexts> {
    const shape = { fields: new Map(), open: true };
    const encoder = await formatNamed('json')!.encoder!.create({ type: 'json' }, shape);
    return new MessageTexts(arena, encoder);
  }

  /** The batch without its document, which is part of the texts. */
  of(batch: Batch): Required<Pick<Escort, 'messages'>> & { readonly batch: Batch } {
    const { arena } = this.#writer;
    const { start, ends } = encodeEach(this.#writer, this.#encoder, 'lines', batch);
    const starts = arena.int32(batch.rows);
    const lengths = arena.int32(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const at = row === 0 ? 0 : ends[row - 1]!;
      starts[row] = start + at;
      // Without its newline.
      lengths[row] = ends[row]! - at - 1;
    }
    const texts = textVector(arena, starts, lengths, batch.rows, Tag.JSON);
    const messages = { texts, ids: this.#id.evaluate(arena, batch) };
    return { batch: { ...batch, document: undefined, untouched: undefined }, messages };
  }
}
