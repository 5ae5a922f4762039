import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import * as api from './api.js';
import * as text from './text.js';

const REFRESH_MS = 2000;

/** The durable queues, who reads them, and how far behind. Nothing where there are none. */
export function Queues({ pipeline }: { pipeline: api.ObservedPipeline }): VNode | null {
  const has = pipeline.durableQueues.length > 0;
  const [queues, setQueues] = useState<readonly api.DurableQueue[]>([]);
  useEffect(() => {
    if (!has) return undefined;
    const ask = () => void api.queues().then(setQueues, () => {});
    ask();
    const timer = setInterval(ask, REFRESH_MS);
    return () => clearInterval(timer);
  }, [has]);
  if (!has) return null;
  return html`<section aria-labelledby="queues-title" id="queues">
    <h2 id="queues-title">Durable queues</h2>
    <div class="wide" tabindex="0" role="region" aria-label="Table of durable queues"><table>
      <thead><tr><th scope="col">Queue</th><th scope="col">Fed by</th><th scope="col" class="number">Records</th><th scope="col" class="number">Size</th><th scope="col">Group</th><th scope="col" class="number">Lag</th></tr></thead>
      <tbody>${queues.flatMap(rows)}</tbody>
    </table></div>
  </section>`;
}

function rows({ stage, producers, partitions, groups }: api.DurableQueue): VNode[] {
  const records = partitions.reduce((sum, one) => sum + one.records, 0);
  const bytes = partitions.reduce((sum, one) => sum + one.bytes, 0);
  return groups.map(
    ({ name, lag }) => html`<tr>
      <td>${stage}</td><td>${producers.join(', ')}</td><td class="number">${text.count(records)}</td>
      <td class="number">${text.size(bytes)}</td><td>${name}</td><td class="number">${text.count(lag)}</td>
    </tr>`,
  );
}
