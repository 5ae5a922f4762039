import { readFile } from 'node:fs/promises';
import { type Field, MillraceError, messageOf } from '#component';

/** What a client shows and trusts. All of it is PEM. */
export interface ClientTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** The option `tls` of what connects to another machine. */
export function clientTlsField(summary: string): Field {
  const fields: readonly Field[] = [
    { name: 'ca', summary: 'Authorities, a PEM file; without it those of Node.', type: { kind: 'string' } },
    { name: 'cert', summary: 'Our certificate, a PEM file.', type: { kind: 'string' } },
    { name: 'key', summary: 'The key of that, a PEM file.', type: { kind: 'string' } },
  ];
  return { name: 'tls', summary, type: { kind: 'object', fields }, example: { ca: 'authority.pem' } };
}

type Paths = Readonly<Partial<Record<keyof ClientTls, string>>>;

export function checkClientTls(tls: unknown): { field: string; message: string }[] {
  const { cert, key } = (tls ?? {}) as Paths;
  if ((cert === undefined) === (key === undefined)) return [];
  return [{ field: 'tls', message: 'expected cert and key, or neither of them' }];
}

/** @param tls what the option above holds */
export async function readClientTls(tls: unknown): Promise<ClientTls> {
  const { ca, cert, key } = (tls ?? {}) as Paths;
  return {
    ...(ca !== undefined && { ca: await readPem(ca) }),
    ...(cert !== undefined && { cert: await readPem(cert) }),
    ...(key !== undefined && { key: await readPem(key) }),
  };
}

/** @throws MillraceError */
export async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new MillraceError('file_unreadable', `cannot read ${path}: ${messageOf(error)}`, {
      blame: 'config',
    });
  }
}
