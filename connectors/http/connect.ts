import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Config, type Finding, messageOf, templateParts } from '#component';
import { readClientTls } from '../tls.js';

const LONGEST_MS = 10_000;

/**
 * Opens a connection to the receiver, encrypted where its URL says so, and closes it without a request. Where records name the host, there
 * is none to try.
 */
export async function tryConnection(config: Config): Promise<readonly Finding[]> {
  const url = hostOf(config.url as string);
  if (!url) return [];
  const isSecure = url.protocol === 'https:';
  const target = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (isSecure ? 443 : 80),
  };
  const socket = isSecure
    ? connectTls({ ...target, servername: target.host, ...(await readClientTls(config.tls)) })
    : connect(target);
  try {
    await opened(socket, isSecure ? 'secureConnect' : 'connect');
    return [];
  } catch (error) {
    return [{ field: 'url', message: `cannot connect to ${url.host}: ${messageOf(error)}` }];
  } finally {
    socket.destroy();
  }
}

/** The part of a URL that is the same for all records, where its host is. */
function hostOf(template: string): URL | undefined {
  const [first, second] = templateParts(template);
  if (typeof first !== 'string') return undefined;
  if (second !== undefined && !/^https?:\/\/[^/?#]+[/?#]/.test(first)) return undefined;
  return URL.canParse(first) ? new URL(first) : undefined;
}

function opened(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once(event, resolve);
    socket.setTimeout(LONGEST_MS, () => reject(new Error(`no answer within ${LONGEST_MS / 1000} s`)));
  });
}
