import { type DetachedBatch, partOfBatch } from '../batch/index.js';
import type { Outlet } from './source.js';

/** Some rows of a batch that lies elsewhere, in a buffer that the outlet lends. */
export async function lentPart(
  whole: DetachedBatch,
  from: number,
  to: number,
  outlet: Outlet,
): Promise<DetachedBatch> {
  const { buffer: own, meta } = partOfBatch(whole, from, to);
  const buffer = await outlet.lend(meta.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(own, 0, meta.byteLength));
  return { buffer, meta };
}
