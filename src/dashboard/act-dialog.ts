import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from './api.js';
import * as text from './text.js';

/** What someone is about to do with dead letters. */
export interface Act {
  readonly action: api.LetterAction;
  readonly count: number;
  /** Which ones, as the API is asked. */
  readonly asked: object;
}

const TEXTS = {
  replay: {
    verb: 'Replay',
    explained:
      'The pipeline drains to a checkpoint. The original records then go through the stages that refused them again, and the pipeline goes on. What fails again is a dead letter again.',
  },
  discard: {
    verb: 'Discard',
    explained:
      'Dead letters are the only copy of their records: nobody can bring them back. The pipeline drains to a checkpoint for it, and goes on.',
  },
};

interface DialogProps {
  readonly act: Act;
  /** @param acted false where it was not meant */
  readonly onClose: (acted: boolean) => void;
}

/** Asks whether it is meant, has it done, and says what came of it. */
export function ActDialog({ act: { action, count, asked }, onClose }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<'asking' | 'acting' | 'done'>('asking');
  const [outcome, setOutcome] = useState('');
  useEffect(() => dialog.current!.showModal(), []);
  const { verb, explained } = TEXTS[action];
  const go = async () => {
    setState('acting');
    setOutcome('Waiting for the pipeline to stand still …');
    setOutcome(
      await api.act(action, asked).then(sentenceOf, (error: Error) => `Not done: ${error.message}.`),
    );
    setState('done');
  };
  const what = count === 1 ? '1 dead letter' : `${text.count(count)} dead letters`;
  return html`<dialog class="narrow" ref=${dialog} onClose=${() => onClose(state !== 'asking')} aria-labelledby="act-title" aria-describedby="act-text">
    <h2 id="act-title">${verb} ${what}?</h2>
    <p id="act-text">${explained}</p>
    <p role="status"><b>${outcome}</b></p>
    <form method="dialog" class="row">
      <button>${state === 'asking' ? 'Cancel' : 'Close'}</button>
      ${state === 'asking' && html`<button type="button" class=${action === 'discard' ? 'danger' : 'main'} onClick=${go}>${verb} ${what}</button>`}
    </form>
  </dialog>`;
}

function sentenceOf({ discarded, replayed = 0, failedAgain = 0, left = [] }: api.Acted): string {
  if (discarded !== undefined) return `Discarded ${text.count(discarded)}.`;
  const again = failedAgain > 0 ? `, of which ${text.count(failedAgain)} failed again` : '';
  const stay = left.map(({ letters, reason }) => ` Left ${text.count(letters)}: ${reason}.`);
  return `Replayed ${text.count(replayed)}${again}.${stay.join('')}`;
}
