import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Act } from './act-dialog.js';
import * as api from './api.js';
import { LetterTable } from './letter-table.js';
import * as text from './text.js';

const REFRESH_MS = 2000;
/** A list may take the run so much of its time: all letters are read for it. */
const BUSY_SHARE = 0.05;
const NONE: api.Letters = { count: 0, letters: [], before: [], stages: {}, codes: {} };
const NOTHING: ReadonlySet<string> = new Set();

const TIMES: readonly (readonly [value: string, label: string])[] = [
  ['', 'any time'],
  ['5m', 'the last 5 minutes'],
  ['1h', 'the last hour'],
  ['1d', 'the last day'],
  ['7d', 'the last 7 days'],
];

interface LettersProps {
  readonly onLetter: (id: string) => void;
  readonly onAct: (act: Act) => void;
  /** Another number asks at once. */
  readonly round: number;
}

/** The dead letters, the newest first, of the stage, code and time that are chosen. */
export function Letters({ onLetter, onAct, round }: LettersProps): VNode {
  const [choice, setChoice] = useState<Readonly<Record<string, string>>>({});
  const [selection, setSelection] = useState({ choice, round, ids: NOTHING });
  const { found, isFresh } = useLetters(choice, round);
  // What was ticked among other letters is ticked no more.
  const selected = selection.choice === choice && selection.round === round ? selection.ids : NOTHING;
  const select = (ids: ReadonlySet<string>) => setSelection({ choice, round, ids });
  const choose = (name: string) => (value: string) => setChoice({ ...choice, [name]: value });
  const { stages, codes, count, letters } = found;
  const more = count > letters.length ? `, the newest ${letters.length} of them shown` : '';
  return html`<section aria-labelledby="letters-title" id="letters" aria-busy=${!isFresh}>
    <h2 id="letters-title">Dead letters</h2>
    <div class="row">
      <${Choice} label="Stage" value=${choice.stage} options=${countedOptions(stages)} onChange=${choose('stage')} />
      <${Choice} label="Code" value=${choice.code} options=${countedOptions(codes)} onChange=${choose('code')} />
      <${Choice} label="Time" value=${choice.since} options=${TIMES} onChange=${choose('since')} />
    </div>
    ${count > 0 && html`<${Actions} ...${{ found, choice, selected, onAct }} />`}
    ${count > 0 && html`<${LetterTable} letters=${letters} onLetter=${onLetter} selected=${selected} onSelect=${select} />`}
    <p class="quiet">${count > 0 ? `${plural(count)}${more}, as of the last checkpoint.` : emptyText(found)}</p>
  </section>`;
}

interface Found {
  readonly found: api.Letters;
  /** What it was found for. */
  readonly choice?: object;
  readonly round?: number;
}

/** What the server finds, again and again. Rows stay where they are while someone is about to choose one. */
function useLetters(
  choice: Readonly<Record<string, string>>,
  round: number,
): { readonly found: api.Letters; readonly isFresh: boolean } {
  const [last, setLast] = useState<Found>({ found: NONE });
  const isFor = (known: Found) => known.choice === choice && known.round === round;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const ask = async () => {
      const startedMs = performance.now();
      const found = document.hidden
        ? undefined
        : await api.letters({ ...choice, limit: '25' }).catch(() => undefined);
      if (isOver) return;
      const isChoosing = document.querySelector('#letters tbody:is(:hover, :focus-within)') !== null;
      const after = (before: Found, now: api.Letters): Found => {
        const letters = isChoosing && isFor(before) ? before.found.letters : now.letters;
        return { found: { ...now, letters }, choice, round };
      };
      if (found) setLast((before) => after(before, found));
      timer = setTimeout(ask, Math.max(REFRESH_MS, (performance.now() - startedMs) / BUSY_SHARE));
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [choice, round]);
  return { found: last.found, isFresh: isFor(last) };
}

interface ActionsProps {
  readonly found: api.Letters;
  readonly choice: Readonly<Record<string, string>>;
  readonly selected: ReadonlySet<string>;
  readonly onAct: (act: Act) => void;
}

function Actions({ found, choice, selected, onAct }: ActionsProps): VNode {
  const { count, before } = found;
  const which = selected.size > 0 ? `${text.count(selected.size)} selected` : `all ${text.count(count)}`;
  const act = (action: api.LetterAction) => () =>
    onAct(
      selected.size > 0
        ? { action, count: selected.size, asked: { id: [...selected] } }
        : { action, count, asked: { ...choice, before } },
    );
  return html`<div class="row">
    <button onClick=${act('replay')}>Replay ${which} …</button>
    <button class="danger" onClick=${act('discard')}>Discard ${which} …</button>
  </div>`;
}

function plural(count: number): string {
  return count === 1 ? '1 dead letter' : `${text.count(count)} dead letters`;
}

function emptyText({ stages }: api.Letters): string {
  return Object.keys(stages).length > 0
    ? 'No dead letter is like that.'
    : 'None: every record so far could be processed.';
}

function countedOptions(counts: Readonly<Record<string, number>>): (readonly [string, string])[] {
  const names = Object.keys(counts).toSorted();
  return [['', 'all'], ...names.map((name) => [name, `${name} (${text.count(counts[name]!)})`] as const)];
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value = '', options, onChange }: ChoiceProps): VNode {
  const changed = (event: Event) => onChange((event.target as HTMLSelectElement).value);
  // What was chosen stays there to be seen, though no letter is like that any more.
  const all = options.some(([one]) => one === value) ? options : [...options, [value, value]];
  return html`<label>${label} <select name=${label.toLowerCase()} value=${value} onChange=${changed}>
    ${all.map(([one, name]) => html`<option value=${one}>${name}</option>`)}
  </select></label>`;
}
