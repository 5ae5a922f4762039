import { readFile, stat } from 'node:fs/promises';
import { MillraceError, messageOf } from '../base/errors.js';
import { formatSize } from '../base/units.js';
import type { FileResource, Resource, StageLog } from '../component/index.js';
import type { ChainPlan } from '../plan/index.js';
import { TRANSFORMS } from '../transforms/index.js';
import type { Lanes } from './lanes.js';
import type { TripRequest, TripResult } from './trip.js';

/** How often files are looked at. */
const CHECK_MS = 1000;

export interface ResourceOptions {
  readonly log?: StageLog | undefined;
  readonly checkMs?: number;
}

/**
 * Gives each trip what was made of the files of its chain's transforms, as they were last. Gives `lanes` as they are where no
 * transform has a file. Where a file cannot be used at the beginning, the first trip is rejected with MillraceError.
 */
export function withResources(
  lanes: Lanes,
  chains: readonly ChainPlan[],
  options: ResourceOptions = {},
): Lanes {
  const files = chains.flatMap(({ nodes }, chain) =>
    nodes.flatMap(({ kind, type, stage, config }, node) => {
      const file = kind === 'transform' && TRANSFORMS.find(({ name }) => name === type)?.resource?.(config);
      return file ? [{ chain, node, stage, file }] : [];
    }),
  );
  return files.length === 0 ? lanes : new ResourceLanes(lanes, files, options);
}

interface FileOfNode {
  readonly chain: number;
  readonly node: number;
  readonly stage: string;
  readonly file: FileResource;
}

class ResourceLanes implements Lanes {
  readonly width: number;
  readonly #lanes: Lanes;
  readonly #options: ResourceOptions;
  /** By chain and node. */
  readonly #resources = new Map<number, Map<number, Resource>>();
  readonly #loading: Promise<readonly WatchedFile[]>;
  #watched: readonly WatchedFile[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<unknown> = Promise.resolve();

  constructor(lanes: Lanes, files: readonly FileOfNode[], options: ResourceOptions) {
    this.width = lanes.width;
    this.#lanes = lanes;
    this.#options = options;
    this.#loading = Promise.all(files.map((file) => this.#load(file)));
    // Whoever makes the first trip learns of a failure; there may be none.
    this.#loading.catch(() => {});
  }

  async run(request: TripRequest): Promise<TripResult> {
    if (!this.#watched) this.#watch(await this.#loading);
    const resources = this.#resources.get(request.chain);
    // A copy, so that a trip that has to be made again is made with the same.
    return await this.#lanes.run(resources ? { ...request, resources: new Map(resources) } : request);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#loading.catch(() => {});
    await this.#checking;
    await this.#lanes.close();
  }

  async #load({ chain, node, stage, file }: FileOfNode): Promise<WatchedFile> {
    const ofChain = this.#resources.get(chain) ?? new Map<number, Resource>();
    this.#resources.set(chain, ofChain);
    const keep = (resource: Resource) => ofChain.set(node, resource);
    return await WatchedFile.load(file, stage, keep, this.#options.log);
  }

  #watch(files: readonly WatchedFile[]): void {
    if (this.#watched) return;
    this.#watched = files;
    const check = () => {
      this.#checking = this.#checking.then(() => Promise.all(files.map((file) => file.check())));
    };
    this.#timer = setInterval(check, this.#options.checkMs ?? CHECK_MS).unref();
  }
}

/** A file that is read again when it has changed. */
class WatchedFile {
  readonly #file: FileResource;
  readonly #stage: string;
  readonly #keep: (resource: Resource) => void;
  readonly #log: StageLog | undefined;
  #version = 1;
  /** What tells the content that was read last, or could not be used, and what was seen last. */
  #known: string;
  #seen: string;

  private constructor(
    file: FileResource,
    stage: string,
    keep: (resource: Resource) => void,
    log: StageLog | undefined,
    known: string,
  ) {
    this.#file = file;
    this.#stage = stage;
    this.#keep = keep;
    this.#log = log;
    this.#known = known;
    this.#seen = known;
  }

  static async load(
    file: FileResource,
    stage: string,
    keep: (resource: Resource) => void,
    log: StageLog | undefined,
  ): Promise<WatchedFile> {
    const known = await fingerprint(file);
    keep({ version: 1, content: await read(file) });
    return new WatchedFile(file, stage, keep, log, known);
  }

  /** Reads the file again when it has changed and then stayed as it is from one look to the next. Never rejects. */
  async check(): Promise<void> {
    const { path } = this.#file;
    try {
      const seen = await fingerprint(this.#file);
      const hasSettled = seen === this.#seen;
      this.#seen = seen;
      if (seen === this.#known || !hasSettled) return;
      this.#known = seen;
      this.#keep({ version: ++this.#version, content: await read(this.#file) });
      this.#log?.info({ stage: this.#stage, file: path }, `read ${path} again: it has changed`);
    } catch (error) {
      if (this.#seen === this.#known && this.#seen === GONE) return;
      if (isMissing(error)) this.#known = this.#seen = GONE;
      const message = `${messageOf(error)}; what was read of ${path} before stays in use`;
      this.#log?.warn({ stage: this.#stage, file: path }, message);
    }
  }
}

const GONE = 'gone';

function isMissing(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'file_missing';
}

async function fingerprint({ path }: FileResource): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = isGone ? `there is no file ${path}` : `cannot read ${path}: ${messageOf(error)}`;
    throw new MillraceError(isGone ? 'file_missing' : 'file_unreadable', message, { blame: 'external' });
  }
}

async function read({ path, maxBytes, build }: FileResource): Promise<unknown> {
  let content: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      const message = `${path} has ${formatSize(size)}, more than the ${formatSize(maxBytes)} of max_bytes`;
      throw new MillraceError('file_too_large', message, { blame: 'config' });
    }
    content = await readFile(path);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('file_unreadable', `cannot read ${path}: ${messageOf(error)}`, {
      blame: 'external',
    });
  }
  return await build(content);
}
