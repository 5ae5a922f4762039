import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from './api.js';
import * as text from './text.js';

interface TableProps {
  readonly letters: readonly api.Letter[];
  readonly onLetter: (id: string) => void;
}

export function LetterTable({ letters, onLetter }: TableProps): VNode {
  return html`<div class="wide"><table>
    <thead><tr><th scope="col">id</th><th scope="col">time</th><th scope="col">stage</th><th scope="col">code</th><th scope="col">message</th><th scope="col">record</th></tr></thead>
    <tbody>${letters.map(
      ({ id, time, stage, code, message, record, bytes }) => html`<tr key=${id}>
        <td><button class="link" aria-label="open dead letter ${id}" onClick=${() => onLetter(id)}>${id}</button></td>
        <td><time datetime=${time}>${time.replace('T', ' ').replace(/\.\d+Z$/, '')}</time></td>
        <td>${stage}</td><td>${code}</td><td class="text">${message}</td>
        <td class="text">${record?.slice(0, 100) ?? `${text.count(bytes)} bytes`}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

interface LettersProps {
  readonly pipeline: api.ObservedPipeline;
  readonly onLetter: (id: string) => void;
}

/** The dead letters, the newest first, of the stage and the code that are chosen. */
export function Letters({ pipeline, onLetter }: LettersProps): VNode {
  const [stage, setStage] = useState('');
  const [code, setCode] = useState('');
  const [found, setFound] = useState<api.Letters>({ count: 0, letters: [] });
  const { deadLetters } = pipeline;
  useEffect(() => {
    api.letters({ stage, code, limit: '25' }).then(setFound, () => {});
  }, [stage, code, deadLetters]);
  const stages = pipeline.stages.filter(({ deadLettered }) => deadLettered > 0).map(({ id }) => id);
  const codes = [...new Set(pipeline.stages.flatMap(({ errors }) => Object.keys(errors)))];
  const { count, letters } = found;
  const more = count > letters.length ? `, the newest ${letters.length} of them` : '';
  return html`<section aria-labelledby="letters-title" id="letters">
    <h2 id="letters-title">Dead letters</h2>
    <div class="row">
      <${Choice} label="stage" value=${stage} values=${stages} onChange=${setStage} />
      <${Choice} label="code" value=${code} values=${codes} onChange=${setCode} />
      <span role="status">${count === 1 ? '1 letter' : `${text.count(count)} letters`}${more}</span>
    </div>
    ${letters.length > 0 && html`<${LetterTable} letters=${letters} onLetter=${onLetter} />`}
  </section>`;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, values, onChange }: ChoiceProps): VNode {
  const changed = (event: Event) => onChange((event.target as HTMLSelectElement).value);
  return html`<label>${label} <select name=${label} value=${value} onChange=${changed}>
    <option value="">all</option>${values.map((one) => html`<option value=${one}>${one}</option>`)}
  </select></label>`;
}

/** One dead letter, whole. */
export function LetterDialog({ id, onClose }: { id: string; onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [letter, setLetter] = useState<api.Letter>();
  const [isGone, setGone] = useState(false);
  useEffect(() => {
    dialog.current!.showModal();
    api.letter(id).then(setLetter, () => setGone(true));
  }, [id]);
  return html`<dialog ref=${dialog} onClose=${onClose} aria-labelledby="letter-title">
    <h2 id="letter-title">Dead letter ${id}</h2>
    ${isGone && html`<p class="problem">It is not there any more.</p>`}
    ${letter && html`<${Whole} letter=${letter} />`}
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}

function Whole({ letter }: { letter: api.Letter }): VNode {
  const { stage, code, message, source, partition, offset, attempts, time, bytes, record, record_base64 } =
    letter;
  const facts = [
    ['time', time],
    ['stage', stage],
    ['code', code],
    ['message', message],
    ['source', source],
    ['position', `${partition}, byte ${text.count(offset)}`],
    ['attempts', String(attempts)],
    ['record', `${text.count(bytes)} bytes${record === undefined ? ', in base64' : ''}`],
  ];
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    <pre tabindex="0">${record ?? record_base64}</pre>`;
}
