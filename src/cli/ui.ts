import { spawn } from 'node:child_process';
import { addressText, type SocketAddress } from '../base/socket-address.js';
import { AdminClient } from './admin-client.js';
import { Exit, type Io } from './io.js';

export interface UiOptions {
  readonly connect: SocketAddress;
  /** False with `--no-open`. */
  readonly open: boolean;
}

/** `millrace ui`: the dashboard of a pipeline that runs. */
export async function uiVerb({ connect, open }: UiOptions, io: Io): Promise<number> {
  await new AdminClient(connect, io).pipeline();
  const url = `http://${addressText(connect)}/`;
  io.out.write(`${url}\n`);
  if (open && io.out.isTerminal) openBrowser(url);
  return Exit.DONE;
}

/** Where there is none, the address that was printed is all there is. */
function openBrowser(url: string): void {
  const program = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  const child = spawn(program, [url], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
