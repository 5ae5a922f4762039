import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '../../base/errors.js';

const CHECK_TIMEOUT_MS = 10_000;
const SHOWN_LINES = 6;
const TYPESCRIPT = /\.[cm]?ts$/;

export type UserFunction = (...args: unknown[]) => unknown;

/** Whether this Node runs TypeScript by leaving out its types. */
const runsTypeScript = (process.features as { typescript?: unknown }).typescript;

/** Tells why this Node cannot run a module, as far as its name says. */
export function unsupported(path: string): string | undefined {
  if (!TYPESCRIPT.test(path) || runsTypeScript) return undefined;
  return `Node ${process.versions.node} cannot run TypeScript: use Node 22.18 or newer, or a .js module`;
}

/**
 * Loads the module in a process of its own, so that whatever is wrong with it (a syntax error, an import that is missing, a loop that
 * never ends) is known before the first record, and has happened elsewhere.
 * @throws MillraceError `module_wrong`
 */
export async function checkModule(path: string, name: string): Promise<void> {
  const url = pathToFileURL(resolve(path)).href;
  const code = `const module = await import(${JSON.stringify(url)});
const names = Object.keys(module).filter((name) => typeof module[name] === 'function');
process.stdout.write(JSON.stringify(names));`;
  const { out, err } = await outputOf(['--input-type=module', '--no-warnings', '-e', code]);
  const reason = out === '' ? err : missing(JSON.parse(out) as readonly string[], name);
  if (reason === undefined) return;
  throw new MillraceError('module_wrong', `the module ${path}: ${reason}`, { blame: 'config' });
}

function missing(names: readonly string[], name: string): string | undefined {
  if (names.includes(name)) return undefined;
  return `it exports no function "${name}"${names.length > 0 ? `, but ${names.join(', ')}` : ''}`;
}

/** What a Node prints first, which is then ended: a module may have started something that goes on. */
function outputOf(args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    const end = (out: string, reason: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      done({ out, err: reason });
    };
    const late = `it was not loaded within ${CHECK_TIMEOUT_MS / 1000} s`;
    const timer = setTimeout(() => end('', late), CHECK_TIMEOUT_MS);
    child.stdout.once('data', (data: Buffer) => end(data.toString(), ''));
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });
    child.once('error', (error) => end('', error.message));
    child.once('close', () => end('', err.trim().split('\n').slice(0, SHOWN_LINES).join('\n  ')));
  });
}

/** The function of a module that has been checked. ES modules are loaded so, too (Node 20.19). */
export function loadFunction(path: string, name: string): UserFunction {
  const module = createRequire(import.meta.url)(resolve(path)) as Readonly<Record<string, unknown>>;
  return module[name] as UserFunction;
}

/** What was thrown, with the place in the user's module where that was known. */
export function describeThrown(thrown: unknown, path: string): string {
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const file = basename(path);
  const frame = thrown instanceof Error ? thrown.stack?.split('\n').find((line) => line.includes(file)) : '';
  const place = /:(\d+:\d+)\)?$/.exec(frame ?? '')?.[1];
  return place === undefined ? message : `${message} (${file}:${place})`;
}
