import { isIPv4 } from 'node:net';

/** Where a server listens. */
export interface SocketAddress {
  /** As a socket wants it: an IPv6 address has no brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const ADDRESS = /^(?:\[([\da-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i;

/** `127.0.0.1:9600`, `localhost:9600`, `[::1]:9600`. Undefined for anything else. */
export function parseAddress(text: string): SocketAddress | undefined {
  const [, ipv6, name, port] = ADDRESS.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) return undefined;
  return { host: (ipv6 ?? name)!, port: Number(port) };
}

export function addressText({ host, port }: SocketAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether only processes of this machine can come to it. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}
