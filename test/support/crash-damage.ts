import { dirname } from 'node:path';
import type { Random } from '../../src/base/random.js';
import { applied, applyName, type DiskFile, type NameOperation, type Operation } from './crash-storage.js';

/** What a loss of power leaves of that which was not synced. */
export const DAMAGES = [
  /** Nothing. */
  'all_lost',
  /** Everything, as when only the process was killed. */
  'all_kept',
  /** What was done first, in each file and folder. */
  'prefix',
  /** Any writes, and none of the others. */
  'reordered',
  /** Any sectors of 512 bytes. */
  'torn_512',
  /** Any pages of 4 KiB. */
  'torn_4096',
  /** The length, and from some byte on garbage. */
  'garbage_tail',
  /** The length, and from some byte on zeros. */
  'zeros',
  /** The length, and from some byte on what was elsewhere on the disk: older bytes of these files. */
  'stale_tail',
  /** All bytes, but any names: creations, renames and removals are undone. */
  'lost_names',
] as const;
export type Damage = (typeof DAMAGES)[number];

/** What the paths stand for after the crash. */
export function keepNames(
  initial: ReadonlyMap<string, number>,
  operations: readonly Operation[],
  damage: Damage,
  random: Random,
): Map<string, number> {
  const names = new Map(initial);
  let pending: NameOperation[] = [];
  for (const operation of operations) {
    if (operation.kind === 'sync_folder') {
      const isInside = ({ path }: NameOperation) => dirname(path) === operation.path;
      for (const one of pending.filter(isInside)) applyName(names, one);
      pending = pending.filter((one) => !isInside(one));
    } else if (operation.kind === 'create' || operation.kind === 'unlink' || operation.kind === 'rename') {
      pending.push(operation);
    }
  }
  for (const one of someOf(pending, damage, random)) applyName(names, one);
  return names;
}

function someOf<T>(pending: readonly T[], damage: Damage, random: Random): readonly T[] {
  if (damage === 'all_lost') return [];
  if (damage === 'all_kept') return pending;
  if (damage === 'reordered' || damage === 'lost_names') return pending.filter(() => random.below(2) === 0);
  return pending.slice(0, random.below(pending.length + 1));
}

/** The bytes of a file after the crash. What was durable stays, unless something was written over it. */
export function damageFile(
  file: DiskFile,
  damage: Damage,
  random: Random,
  elsewhere: readonly Uint8Array[],
): Uint8Array {
  const { durable, pending } = file;
  const written = pending.reduce<Buffer>(
    (bytes, operation) => applied(bytes, operation),
    Buffer.from(durable),
  );
  if (pending.length === 0 || damage === 'all_kept' || damage === 'lost_names') return written;
  if (damage === 'all_lost') return durable;
  if (damage === 'prefix' || damage === 'reordered')
    return someOf(pending, damage, random).reduce<Buffer>(
      (bytes, one) => applied(bytes, one),
      Buffer.from(durable),
    );
  if (damage === 'torn_512') return mixed(durable, written, 512, random);
  if (damage === 'torn_4096') return mixed(durable, written, 4096, random);
  const from = random.below(written.length + 1);
  const fill = fillOf(damage, random, elsewhere);
  for (const operation of pending) {
    if (operation.kind !== 'write') continue;
    const end = Math.min(operation.position + operation.bytes.length, written.length);
    for (let at = Math.max(from, operation.position); at < end; at++) written[at] = fill(at);
  }
  return written;
}

function fillOf(damage: Damage, random: Random, elsewhere: readonly Uint8Array[]): (at: number) => number {
  if (damage === 'zeros') return () => 0;
  if (damage === 'garbage_tail') return () => random.below(256);
  const stale = random.pick(elsewhere);
  return (at) => stale[at % Math.max(stale.length, 1)] ?? 0;
}

/** Sectors of the one and of the other; zeros where the file has grown and the sector was not written. */
function mixed(before: Uint8Array, after: Uint8Array, sector: number, random: Random): Uint8Array {
  const bytes = Buffer.alloc(random.below(2) === 0 ? before.length : after.length);
  for (let at = 0; at < bytes.length; at += sector) {
    const source = random.below(2) === 0 ? before : after;
    bytes.set(source.subarray(at, Math.min(at + sector, bytes.length)), at);
  }
  return bytes;
}
