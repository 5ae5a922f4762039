import { link, mkdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { bootId } from '../base/boot-id.js';
import { MillraceError } from '../base/errors.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly boot: string | undefined;
  /** Tells the process from a later one with the same pid. */
  readonly processStart: string | undefined;
  readonly since: string;
}

/** A holder on another machine, of whose process nothing can be known, shows that it is alive as often as this. */
const HEARTBEAT_MS = 2000;
const DEAD_AFTER_MS = 5 * HEARTBEAT_MS;
const ATTEMPTS = 10;

/** The right to write into a state folder, of one process at a time. Ends with the process, however that ends. */
export class StateLock {
  readonly #path: string;
  readonly #heartbeat: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    this.#heartbeat = setInterval(() => {
      const now = new Date();
      // Whoever looks at it from another machine waits for several missed beats.
      utimes(path, now, now).catch(() => {});
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Throws MillraceError `state_locked`, which names the holder, when a living process has it. */
  static async take(folder: string): Promise<StateLock> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'lock');
    const mine = `${path}.${process.pid}`;
    await writeFile(mine, JSON.stringify(await thisProcess()));
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await linked(mine, path)) return new StateLock(path);
        const text = await readFile(path, 'utf8').catch(() => undefined);
        if (text === undefined) continue;
        const holder = holderOf(text);
        if (holder && (await isAlive(holder, path))) throw lockedBy(holder, folder);
        await removeStale(path, text, mine);
      }
      throw new MillraceError('state_locked', `several processes want ${folder} at this moment; try again`, {
        blame: 'external',
        retryable: true,
      });
    } finally {
      await unlink(mine).catch(() => {});
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await unlink(this.#path).catch(() => {});
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the lock away, and puts it back when in the meantime it became somebody else's. */
async function removeStale(path: string, text: string, mine: string): Promise<void> {
  const aside = `${mine}.stale`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== text) await linked(aside, path);
  await unlink(aside);
}

async function thisProcess(): Promise<Holder> {
  return {
    pid: process.pid,
    host: hostname(),
    boot: await bootId(),
    processStart: await processStart(process.pid),
    since: new Date().toISOString(),
  };
}

function holderOf(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder, path: string): Promise<boolean> {
  if (holder.host !== hostname()) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < DEAD_AFTER_MS;
  }
  if (holder.boot !== (await bootId())) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // Another user's process is alive as well.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return holder.processStart === (await processStart(holder.pid));
}

/**
 * When the process began, in the kernel's clock ticks (proc(5), fields 3, 20 and 22 of stat); undefined where there is no /proc, and
 * of a process that has ended: in a container without an init, nobody may ever take note of that.
 */
async function processStart(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  // While other threads live, so does the process, whose first one has ended.
  return fields?.[0] === 'Z' && Number(fields[17]) <= 1 ? undefined : fields?.[19];
}

function lockedBy({ pid, host, since }: Holder, folder: string): MillraceError {
  const who = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  const message = `${folder} is in use by ${who} since ${since}: wait for it or stop it, or choose another folder with --state`;
  return new MillraceError('state_locked', message, { blame: 'external', retryable: true });
}
