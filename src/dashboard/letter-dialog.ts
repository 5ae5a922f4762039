import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from './api.js';
import * as text from './text.js';

interface DialogProps {
  readonly id: string;
  /** With what shall be done with it, if anything. */
  readonly onClose: (action: api.LetterAction | undefined) => void;
}

/** One dead letter, whole. */
export function LetterDialog({ id, onClose }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [letter, setLetter] = useState<api.Letter>();
  const [isGone, setGone] = useState(false);
  useEffect(() => {
    dialog.current!.showModal();
    api.letter(id).then(setLetter, () => setGone(true));
  }, [id]);
  const closed = () => onClose((dialog.current!.returnValue || undefined) as api.LetterAction | undefined);
  return html`<dialog ref=${dialog} onClose=${closed} aria-labelledby="letter-title">
    <h2 id="letter-title">Dead letter ${id}</h2>
    ${isGone && html`<p class="problem">It is not there any more: it was replayed or discarded.</p>`}
    ${letter && html`<${Whole} letter=${letter} />`}
    <form method="dialog" class="row">
      <button value="">Close</button>
      ${letter && html`<button value="replay">Replay it …</button><button value="discard" class="danger">Discard it …</button>`}
    </form>
  </dialog>`;
}

function Whole({ letter }: { letter: api.Letter }): VNode {
  const { stage, code, message, source, partition, offset, attempts, time, bytes, record, record_base64 } =
    letter;
  const facts = [
    ['Error', `${message} (${code})`],
    ['Stage', stage],
    ['Time', text.time(time)],
    ['Source', source],
    ['Position', `${partition}, ${text.count(offset)}`],
    ['Attempts', String(attempts)],
    ['Record', `${text.count(bytes)} bytes${record === undefined ? ', in base64' : ''}`],
  ];
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    <pre tabindex="0" role="region" aria-label="The record as it came in">${record ?? record_base64}</pre>`;
}
