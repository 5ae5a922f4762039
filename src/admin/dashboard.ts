import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'dashboard.js': 'text/javascript; charset=utf-8',
};

/** Nothing comes from elsewhere, and no other page shows it in a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The files of the dashboard, as the build has made them. */
export class Dashboard {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Sends a file, or gives false where there is none at the path. */
  async send(
    path: string,
    headers: Readonly<Record<string, string>>,
    response: ServerResponse,
  ): Promise<boolean> {
    const name = path === '/' ? 'index.html' : path.slice(1);
    const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    if (type === undefined) return false;
    const bytes = await readFile(join(this.#folder, name));
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Security-Policy': POLICY });
    response.end(bytes);
    return true;
  }
}
