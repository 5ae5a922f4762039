// What a worker thread runs: the segment's chains, made ready once, over one trip after another.
import { setImmediate as turn } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import { hideSecrets } from '../base/secrets.js';
import { shareSuspect } from '../base/suspicion.js';
import { Arena } from '../batch/index.js';
import { Chain } from './chain.js';
import type { ThreadData } from './lanes.js';
import { buffersOfResult, type TripRequest, type TripResult } from './trip.js';
import { faultOf, type TripFault } from './trip-failed.js';
import { Cell } from './watch.js';

/** A trip, and where the thread writes that it is at it. */
export interface ThreadTask {
  readonly request: TripRequest;
  readonly cell: Int32Array;
  /** Where it writes at which record it is. */
  readonly suspect: Float64Array;
}

const { chains: plans, pipeline, arenaBytes, kernels, secrets } = workerData as ThreadData;
if (secrets) hideSecrets(secrets);
const arena = new Arena(arenaBytes, kernels);
const chains = await Promise.all(plans.map((plan) => Chain.create(plan, pipeline, arena)));

let rejected: TripFault | undefined;
process.on('unhandledRejection', (reason) => {
  rejected = faultOf(reason);
});
/** The trips come one at a time, so that one that fails is not mistaken for another. */
let previous: Promise<unknown> = Promise.resolve();

/** Called by the pool for each trip; gives a TripResult whose buffers are transferred, or a TripFault. */
export function run(task: ThreadTask): Promise<unknown> {
  const trip = previous.then(() => makeTrip(task));
  previous = trip;
  return trip;
}

/** Called to learn that everything above has been done. */
export function ready(): void {}

async function makeTrip({ request, cell, suspect }: ThreadTask): Promise<unknown> {
  shareSuspect(suspect);
  Atomics.store(cell, Cell.THREAD, threadId);
  const made = tryTrip(request);
  // A rejection that nobody handles is reported in the next turn.
  await turn();
  const answer = rejected ?? made;
  rejected = undefined;
  Atomics.store(cell, Cell.MADE, 1);
  if ('fault' in answer) return answer;
  return move({ [transferableSymbol]: buffersOfResult(answer), [valueSymbol]: answer });
}

function tryTrip(request: TripRequest): TripResult | TripFault {
  try {
    return chains[request.chain]!.run(request, Date.now());
  } catch (error) {
    return faultOf(error);
  }
}
