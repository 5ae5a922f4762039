import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type HistogramCounts, quantileMs } from '../runtime/histogram.js';
import * as api from './api.js';
import { LetterTable } from './letter-table.js';
import * as text from './text.js';

interface PanelProps {
  readonly pipeline: api.ObservedPipeline;
  readonly stage: api.Stage;
  readonly onClose: () => void;
  readonly onLetter: (id: string) => void;
}

/** All there is of one stage. */
export function StagePanel({ pipeline, stage, onClose, onLetter }: PanelProps): VNode {
  const { id } = stage;
  return html`<section aria-labelledby="stage-title" id="stage">
    <div class="row"><h2 id="stage-title">Stage ${id}</h2><button onClick=${onClose}>Close</button></div>
    <${Figures} pipeline=${pipeline} stage=${stage} />
    <${Errors} errors=${stage.errors} />
    <${Sample} key=${`records ${id}`} stage=${stage} />
    <${LastLetters} key=${`letters ${id}`} stage=${id} deadLettered=${stage.deadLettered} onLetter=${onLetter} />
  </section>`;
}

function Figures({ pipeline, stage }: Pick<PanelProps, 'pipeline' | 'stage'>): VNode {
  const rate = pipeline.rates[stage.id];
  const chain = pipeline.chains.find(({ id }) => id === stage.id);
  const queue = pipeline.queues.find(({ id }) => id === stage.id);
  const spent = chain && Object.values(chain.timeMs).reduce((sum, ms) => sum + ms, 0);
  const facts: [string, string][] = [
    ['records in', `${text.count(stage.recordsIn)} (${text.short(rate?.recordsIn ?? 0)}/s)`],
    ['records out', `${text.count(stage.recordsOut)} (${text.short(rate?.recordsOut ?? 0)}/s)`],
    ['dropped', text.count(stage.dropped + stage.droppedByQueue)],
    ['dead letters', text.count(stage.deadLettered)],
    ['worked', text.duration(stage.workedMs)],
  ];
  if (stage.bytes !== undefined)
    facts.push(['bytes', `${text.size(stage.bytes)} (${text.size(rate?.bytes ?? 0)}/s)`]);
  if (stage.latency) facts.push(['batches', latencyText(stage.latency)]);
  if (chain && spent)
    facts.push([
      'its chain',
      `${chain.stages.join(', ')}: working ${text.share(chain.timeMs.working / spent)}, waiting for input ${text.share(chain.timeMs.input / spent)}, for room ${text.share(chain.timeMs.credit / spent)}`,
    ]);
  if (queue)
    facts.push([
      'its queue',
      `${text.size(queue.usedBytes)} of ${text.size(queue.limitBytes)} in use, ${text.size(queue.queuedBytes)} wait, the oldest for ${text.duration(queue.oldestAgeMs)}`,
    ]);
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function latencyText(latency: HistogramCounts): string {
  const batches = latency.counts.reduce((sum, one) => sum + one, 0);
  if (batches === 0) return 'none yet';
  const bound = (part: number) => {
    const ms = quantileMs(latency, part)!;
    return Number.isFinite(ms) ? `${ms} ms` : 'more than 10 s';
  };
  return `${text.count(batches)}; half took at most ${bound(0.5)}, 99 of 100 at most ${bound(0.99)}`;
}

function Errors({ errors }: { errors: api.Stage['errors'] }): VNode | null {
  const all = Object.entries(errors);
  if (all.length === 0) return null;
  return html`<h3>Errors</h3>
    <dl>${all.map(([code, times]) => html`<dt>${code}</dt><dd>${text.count(times)}</dd>`)}</dl>`;
}

const WAIT_MS = 5000;

/** Records that pass now. */
function Sample({ stage }: { stage: api.Stage }): VNode {
  const [side, setSide] = useState(stage.kind === 'sink' ? 'inputs' : 'outputs');
  const [round, setRound] = useState(0);
  const [records, setRecords] = useState<readonly string[]>([]);
  const [isWaiting, setWaiting] = useState(true);
  useEffect(() => {
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), WAIT_MS);
    setRecords([]);
    setWaiting(true);
    const add = (record: string) => setRecords((before) => [...before, record]);
    const done = () => setWaiting(false);
    api.records(stage.id, side, add, ending.signal).then(done, done);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [stage.id, side, round]);
  const none = isWaiting ? 'Waiting for records …' : 'No record has passed in the last seconds.';
  const choice = html`<label>of <select value=${side} onChange=${(event: Event) => setSide((event.target as HTMLSelectElement).value)}>
    <option value="inputs">what comes in</option><option value="outputs">what goes out</option></select></label>`;
  return html`<h3>Records passing now</h3>
    <div class="row">
      ${stage.kind === 'transform' && choice}
      <button onClick=${() => setRound(round + 1)}>Take another sample</button>
    </div>
    <div id="records" role="status">
      ${records.length === 0 ? html`<p class="quiet">${none}</p>` : records.map((record) => html`<pre tabindex="0">${record}</pre>`)}
    </div>`;
}

function LastLetters(props: {
  stage: string;
  deadLettered: number;
  onLetter: (id: string) => void;
}): VNode | null {
  const { stage, deadLettered, onLetter } = props;
  const [letters, setLetters] = useState<readonly api.Letter[]>([]);
  useEffect(() => {
    if (deadLettered > 0)
      api.letters({ stage, limit: '5' }).then(
        (found) => setLetters(found.letters),
        () => {},
      );
  }, [stage, deadLettered]);
  if (letters.length === 0) return null;
  return html`<h3>Last errors</h3><${LetterTable} letters=${letters} onLetter=${onLetter} />`;
}
