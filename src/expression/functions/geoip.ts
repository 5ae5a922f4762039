import { readFileSync } from 'node:fs';
import { Reader, type Response } from 'mmdb-lib';
import { parseIp } from '../../base/ip-address.js';
import { Failure, type Value } from '../values.js';
import { checkText, type FunctionDefinition, plain } from './function.js';
import { recordOf } from './record-of.js';

/** Numbers that are doubles even when they are whole. */
const DOUBLES = new Set(['latitude', 'longitude']);

const databases = new Map<string, Reader<Response> | Failure>();

/** The database in a file, which a thread reads once and keeps. */
function databaseAt(path: string): Reader<Response> | Failure {
  const known = databases.get(path);
  if (known) return known;
  const database = open(path);
  databases.set(path, database);
  return database;
}

function open(path: string): Reader<Response> | Failure {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return new Failure(`cannot read the MaxMind file "${path}": ${(error as Error).message}`);
  }
  try {
    return new Reader(bytes);
  } catch {
    return new Failure(`"${path}" is no MaxMind file`);
  }
}

function find(text: string, path: string): Value {
  const database = databaseAt(path);
  if (database instanceof Failure) return database;
  return parseIp(text) ? mappedValue(database.get(text), '') : new Failure(`no IP address: "${text}"`);
}

/** A value of the database as one of ours. */
function mappedValue(found: unknown, name: string): Value {
  if (typeof found === 'number') return Number.isInteger(found) && !DOUBLES.has(name) ? BigInt(found) : found;
  if (typeof found === 'string' || typeof found === 'boolean' || typeof found === 'bigint') return found;
  if (Array.isArray(found)) return found.map((item) => mappedValue(item, name));
  if (found instanceof Uint8Array) return found;
  if (typeof found !== 'object' || found === null) return null;
  return recordOf(
    Object.fromEntries(Object.entries(found).map(([key, value]) => [key, mappedValue(value, key)])),
  );
}

/** Looking up where an address is: Millrace's own. */
export const GEOIP_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'geoip',
    summary:
      'What a MaxMind file (`.mmdb`, such as GeoLite2-City) says of an IP address, null where it knows nothing. Each worker thread holds the file in memory.',
    example: 'geoip("203.0.113.7", "GeoLite2-City.mmdb").city.names.en',
    needs: 'a MaxMind file',
    overloads: [plain(['string', 'string'], 'any', find)],
    checks: [checkText(1, databaseAt)],
  },
];
