import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type * as api from './api.js';
import * as text from './text.js';

interface TableProps {
  readonly letters: readonly api.Letter[];
  readonly onLetter: (id: string) => void;
  /** The names of those that are ticked; without it there is nothing to tick. */
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (selected: ReadonlySet<string>) => void;
}

/** Dead letters, a row each. */
export function LetterTable({ letters, onLetter, selected, onSelect }: TableProps): VNode {
  const tick = (id: string) => () => {
    const ticked = new Set(selected);
    if (!ticked.delete(id)) ticked.add(id);
    onSelect?.(ticked);
  };
  return html`<div class="wide"><table class="letters">
    <thead><tr>${selected && html`<th scope="col"><span class="hidden">selected</span></th>`}
      <th scope="col">Letter</th><th scope="col" class="minor">Time</th><th scope="col" class="minor">Stage</th><th scope="col">Code</th>
      <th scope="col">Message</th><th scope="col">Record</th></tr></thead>
    <tbody>${letters.map(
      ({ id, time, stage, code, message, record, bytes }) => html`<tr key=${id}>
        ${selected && html`<td><input type="checkbox" aria-label="select dead letter ${id}" checked=${selected.has(id)} onChange=${tick(id)} /></td>`}
        <td><button class="link" aria-label="open dead letter ${id}" onClick=${() => onLetter(id)}>${id}</button></td>
        <td class="minor"><time datetime=${time}>${text.time(time)}</time></td>
        <td class="minor">${stage}</td><td>${code}</td><td class="text">${message}</td>
        <td class="text code">${record?.slice(0, 100) ?? `${text.count(bytes)} bytes`}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}
