import type { AdminViews } from '../admin/index.js';
import { MillraceError } from '../base/errors.js';
import { nodeStorage } from '../base/storage.js';
import type { StageLog } from '../component/index.js';
import { type LetterChoice, PipelineLetters } from '../runtime/index.js';
import type { Current } from './admin-views.js';
import { isFiltered } from './dlq.js';
import { chooseLetters, discardChosen } from './dlq-discard.js';
import { replayChosen } from './dlq-replay.js';
import { choiceOf } from './letters-asked.js';
import { whyNoStandstill } from './reload.js';
import type { Standstill } from './standstill.js';

/**
 * What `dlq replay` and `dlq discard` do, of the pipeline that runs in this process: at a checkpoint, at which it
 * stands still meanwhile.
 */
export function letterActions(
  current: () => Current | undefined,
  standstill: Standstill,
  log: StageLog,
): AdminViews['letterActions'] {
  const ready = () => {
    const now = current();
    const reason = now ? whyNoStandstill(now.pipeline) : 'nothing runs yet';
    if (reason !== undefined) {
      const message = `${reason}: stop the pipeline, and use "millrace dlq"`;
      throw new MillraceError('cannot_stand_still', message, { blame: 'external' });
    }
  };
  return {
    replay: async (asked) => {
      const choice = chosenBy(asked);
      ready();
      return await standstill.ask(({ pipeline, plan, run: { stateFolder: folder } }, signal) =>
        replayChosen({ pipeline, plan, folder }, choice, (record) => record, log, signal),
      );
    },
    discard: async (asked) => {
      const choice = chosenBy(asked);
      ready();
      return await standstill.ask((at) => discard(at, choice, log));
    },
  };
}

/** One that chooses nothing must say that it means all. */
function chosenBy(asked: URLSearchParams): LetterChoice {
  const choice = choiceOf(asked);
  if (isFiltered(choice) !== (asked.get('all') === 'true')) return choice;
  const message =
    'expected "id", "stage", "code", "source", "since", "until" or "before", or "all": true alone';
  throw new MillraceError('wrong_query', message, { blame: 'config' });
}

async function discard(
  { pipeline, plan, run: { stateFolder: folder } }: Current,
  choice: LetterChoice,
  log: StageLog,
): Promise<{ discarded: number }> {
  const letters = await PipelineLetters.open({ storage: nodeStorage, folder, pipeline }, plan);
  const chosen = await chooseLetters(letters, choice, !isFiltered(choice));
  if (chosen.count > 0 || chosen.isDamaged) await discardChosen({ pipeline, folder }, chosen, log);
  return { discarded: chosen.count };
}
