import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AdminServer } from '../admin/index.js';
import { hideSecrets, Secret } from '../base/secrets.js';
import type { SocketAddress } from '../base/socket-address.js';
import type { StageLog } from '../component/index.js';
import type { Taps } from '../runtime/index.js';
import { adminViews, type Current } from './admin-views.js';
import type { Io } from './io.js';
import { letterActions } from './letter-actions.js';
import type { Standstill } from './standstill.js';

/** In the environment, for an argument can be read by all users of a machine. */
const TOKEN_VARIABLE = 'MILLRACE_TOKEN';

/** The build puts it beside the bundle, from where this is read or one folder aside. */
const DASHBOARD = ['./dashboard', '../../bin/dashboard', '../../dist/bin/dashboard']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path))!;

/** The token that the server for operators asks of everyone, where there is one. It is hidden from now on. */
export function adminToken({ env }: Io): Secret | undefined {
  const value = env[TOKEN_VARIABLE];
  if (value === undefined || value === '') return undefined;
  hideSecrets(new Map([[value, `\${${TOKEN_VARIABLE}}`]]));
  return new Secret(value);
}

/** What runs in this process, and how to have something done meanwhile. */
export interface Shown {
  readonly current: () => Current | undefined;
  readonly taps: Taps;
  readonly standstill: Standstill;
  readonly log: StageLog;
}

/** Shows what runs in this process at an address. */
export async function listen(
  at: SocketAddress,
  { current, taps, standstill, log }: Shown,
  io: Io,
): Promise<AdminServer> {
  const token = adminToken(io);
  return await AdminServer.start({
    address: at,
    ...(token && { token }),
    views: adminViews(current, taps, letterActions(current, standstill, log)),
    dashboard: DASHBOARD,
  });
}
