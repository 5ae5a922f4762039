import { MillraceError, type StageContext } from '#component';
import { SinkFile } from './sink-file.js';

/** So many files are open at once, of however many that are being written. */
const MOST_OPEN = 256;

/** A file that is not finished: it lies under a name of its own. */
export class Part {
  readonly number: number;
  /** What it will be called, as the template gives it. */
  readonly path: string;
  readonly begunMs: number;
  writtenMs: number;
  length: number;

  constructor(number: number, path: string, begunMs: number, writtenMs = begunMs, length = 0) {
    this.number = number;
    this.path = path;
    this.begunMs = begunMs;
    this.writtenMs = writtenMs;
    this.length = length;
  }
}

/** Opens the files of parts, and closes those that were not used for the longest time when there are too many. */
export class OpenParts {
  readonly #pathOf: (part: Part) => string;
  readonly #surroundings: Pick<StageContext, 'storage' | 'log'>;
  /** The least recently used first. */
  readonly #files = new Map<Part, SinkFile>();

  constructor(pathOf: (part: Part) => string, surroundings: Pick<StageContext, 'storage' | 'log'>) {
    this.#pathOf = pathOf;
    this.#surroundings = surroundings;
  }

  get count(): number {
    return this.#files.size;
  }

  /** The part's file, which ends where the part does. Its user is done with it before it asks for the next. */
  async use(part: Part): Promise<SinkFile> {
    let file = this.#files.get(part);
    if (file) {
      file.check();
    } else {
      while (this.#files.size >= MOST_OPEN) await this.close(this.#files.keys().next().value!);
      file = await this.#open(part);
    }
    this.#files.delete(part);
    this.#files.set(part, file);
    return file;
  }

  /** Cuts off what came after the part's length; answers how many bytes are missing there. */
  async restore(part: Part): Promise<number> {
    const file = await SinkFile.openOwn(this.#pathOf(part), part.path, this.#surroundings);
    try {
      const missing = Math.max(0, part.length - file.length);
      part.length = Math.min(part.length, file.length);
      await file.cut(part.length);
      return missing;
    } finally {
      await file.close();
    }
  }

  /** A file that was closed meanwhile is opened for it: a sync is about the file, by whomever it was written. */
  async sync(part: Part): Promise<void> {
    const open = this.#files.get(part);
    if (open) return await open.sync();
    const file = await SinkFile.openOwn(this.#pathOf(part), part.path, this.#surroundings);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async close(part: Part): Promise<void> {
    const file = this.#files.get(part);
    this.#files.delete(part);
    await file?.close();
  }

  async closeAll(): Promise<void> {
    for (const part of [...this.#files.keys()]) await this.close(part);
  }

  async #open(part: Part): Promise<SinkFile> {
    const path = this.#pathOf(part);
    const file = await SinkFile.openOwn(path, part.path, this.#surroundings);
    if (file.length < part.length) {
      await file.close();
      const message = `${path}, in which ${part.path} is being written, has become shorter: it was deleted or cut off by somebody; run again, which goes on with what is there`;
      throw new MillraceError('file_changed', message, { blame: 'external' });
    }
    await file.cut(part.length);
    return file;
  }
}
