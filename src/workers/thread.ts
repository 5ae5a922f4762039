// What a worker thread runs: the segment's chains, made ready once, over one trip after another.
import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import { Arena } from '../batch/index.js';
import { Chain } from './chain.js';
import type { ThreadData } from './lanes.js';
import { buffersOfResult, type TripRequest } from './trip.js';

const { chains: plans, pipeline, arenaBytes, kernels } = workerData as ThreadData;
const arena = new Arena(arenaBytes, kernels);
const chains = await Promise.all(plans.map((plan) => Chain.create(plan, pipeline, arena)));

/** Called by the pool for each trip; gives a TripResult whose buffers are transferred. */
export function run(request: TripRequest): unknown {
  const result = chains[request.chain]!.run(request, Date.now());
  return move({ [transferableSymbol]: buffersOfResult(result), [valueSymbol]: result });
}

/** Called to learn that everything above has been done. */
export function ready(): void {}
