import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import * as api from './api.js';
import { LetterTable } from './letter-table.js';
import { StageCharts } from './overview.js';
import * as text from './text.js';

interface PanelProps {
  readonly pipeline: api.ObservedPipeline;
  readonly stage: api.Stage;
  readonly history: readonly api.HistorySample[];
  readonly onClose: () => void;
  readonly onLetter: (id: string) => void;
}

/** All there is of one stage. */
export function StagePanel({ pipeline, stage, history, onClose, onLetter }: PanelProps): VNode {
  const { id } = stage;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current!.focus(), [id]);
  const onKey = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') onClose();
  };
  return html`<section aria-labelledby="stage-title" id="stage" onKeyDown=${onKey}>
    <div class="head"><h2 id="stage-title" ref=${title} tabindex="-1">Stage ${id}</h2><button onClick=${onClose}>Close</button></div>
    <${StageCharts} pipeline=${pipeline} stage=${stage} history=${history} />
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
    ['Records in', `${text.count(stage.recordsIn)} (${text.short(rate?.recordsIn ?? 0)}/s)`],
    ['Records out', `${text.count(stage.recordsOut)} (${text.short(rate?.recordsOut ?? 0)}/s)`],
    ['Dropped', text.count(stage.dropped + stage.droppedByQueue)],
    ['Dead letters', text.count(stage.deadLettered)],
    ['Worked for', text.duration(stage.workedMs)],
  ];
  if (stage.bytes !== undefined)
    facts.push(['Bytes', `${text.size(stage.bytes)} (${text.size(rate?.bytes ?? 0)}/s)`]);
  if (chain && spent)
    facts.push([
      'Its chain',
      `${chain.stages.join(', ')}: working ${text.share(chain.timeMs.working / spent)}, waiting for input ${text.share(chain.timeMs.input / spent)}, for room ${text.share(chain.timeMs.credit / spent)}`,
    ]);
  if (queue)
    facts.push([
      'Its queue',
      `${text.size(queue.usedBytes)} of ${text.size(queue.limitBytes)} in use, ${text.size(queue.queuedBytes)} wait, the oldest for ${text.duration(queue.oldestAgeMs)}`,
    ]);
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function Errors({ errors }: { errors: api.Stage['errors'] }): VNode | null {
  const all = Object.entries(errors);
  if (all.length === 0) return null;
  return html`<h3>Errors</h3>
    <dl>${all.map(([code, times]) => html`<dt>${code}</dt><dd>${text.count(times)}</dd>`)}</dl>`;
}

const WAIT_MS = 5000;

interface SampleState {
  readonly records: readonly string[];
  readonly isWaiting: boolean;
}

/** Takes a sample of records that pass now. The sample before stays until there is another. */
function useSample(stage: string, side: string, round: number): SampleState {
  const [state, setState] = useState<SampleState>({ records: [], isWaiting: true });
  useEffect(() => {
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), WAIT_MS);
    const records: string[] = [];
    setState((before) => ({ ...before, isWaiting: true }));
    const add = (record: string) => {
      records.push(record);
      setState({ records: [...records], isWaiting: true });
    };
    let isOver = false;
    const done = () => {
      if (!isOver) setState({ records, isWaiting: false });
    };
    api.records(stage, side, add, ending.signal).then(done, done);
    return () => {
      isOver = true;
      clearTimeout(timer);
      ending.abort();
    };
  }, [stage, side, round]);
  return state;
}

/** Records that pass now. */
function Sample({ stage }: { stage: api.Stage }): VNode {
  const [side, setSide] = useState(stage.kind === 'sink' ? 'inputs' : 'outputs');
  const [round, setRound] = useState(0);
  const { records, isWaiting } = useSample(stage.id, side, round);
  const some = records.length === 1 ? '1 record' : `${records.length} records`;
  const none = records.length > 0 ? some : 'No record has passed in the last seconds.';
  const choice = html`<label>Of <select value=${side} onChange=${(event: Event) => setSide((event.target as HTMLSelectElement).value)}>
    <option value="inputs">what comes in</option><option value="outputs">what goes out</option></select></label>`;
  return html`<h3>Records passing now</h3>
    <div class="row">
      ${stage.kind === 'transform' && choice}
      <button onClick=${() => setRound(round + 1)}>Take another sample</button>
      <span class="quiet" role="status">${isWaiting ? 'Waiting for records …' : none}</span>
    </div>
    <div id="records">${records.map((record) => html`<pre>${record}</pre>`)}</div>`;
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
