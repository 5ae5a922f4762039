import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import * as api from './api.js';
import { LatencyBars, LineChart, latencyText, type Series } from './charts.js';
import * as text from './text.js';

const REFRESH_MS = 2000;
const MOST_SAMPLES = 150;

/** The last minutes of the run. Asks for what is new, as long as the page is seen. */
export function useHistory(): readonly api.HistorySample[] {
  const [history, setHistory] = useState<readonly api.HistorySample[]>([]);
  useEffect(() => {
    let known: readonly api.HistorySample[] = [];
    const ask = async () => {
      if (document.hidden) return;
      const more = await api.history(newestOf(known)).catch(() => []);
      // The answer before may have come in the meantime.
      const fresh = more.filter(({ timeMs }) => timeMs > newestOf(known));
      known = [...known, ...fresh].slice(-MOST_SAMPLES);
      setHistory(known);
    };
    void ask();
    const timer = setInterval(ask, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return history;
}

function newestOf(history: readonly api.HistorySample[]): number {
  return history.at(-1)?.timeMs ?? 0;
}

interface ChartsProps {
  readonly pipeline: api.ObservedPipeline;
  readonly history: readonly api.HistorySample[];
}

const perSecond = (value: number) => `${text.short(value)}/s`;

/** The pipeline as a whole: what comes in, what goes out, and the fullest queue. */
export function PipelineCharts({ pipeline: { stages }, history }: ChartsProps): VNode {
  const sum = (kind: string, of: 'recordsIn' | 'recordsOut') => (sample: api.HistorySample) =>
    stages.reduce(
      (total, stage) => total + (stage.kind === kind ? (sample.stages[stage.id]?.[of] ?? 0) : 0),
      0,
    );
  const records = [
    { name: 'read', of: sum('source', 'recordsOut') },
    { name: 'written', of: sum('sink', 'recordsIn') },
  ];
  const used = Object.entries(history.at(-1)?.queues ?? {}).toSorted(([, a], [, b]) => b - a);
  const fullest = [
    {
      name: used[0]?.[0] ?? 'used',
      of: ({ queues }: api.HistorySample) => Math.max(0, ...Object.values(queues)),
    },
  ];
  return html`<div class="charts">
    <${LineChart} title="Records" history=${history} series=${records} shown=${perSecond} />
    <${LineChart} title="Fullest queue" history=${history} series=${fullest} shown=${text.share} top=${1} />
  </div>`;
}

/** One stage: its rates, the latencies of its batches, and how full its queue is. */
export function StageCharts({ pipeline, stage, history }: ChartsProps & { stage: api.Stage }): VNode {
  const { id, kind, latency } = stage;
  const of = (key: keyof api.StageSample) => (sample: api.HistorySample) => sample.stages[id]?.[key];
  const records: Series[] = [];
  if (kind !== 'source') records.push({ name: 'in', of: of('recordsIn') });
  if (kind !== 'sink') records.push({ name: 'out', of: of('recordsOut') });
  const latencies = [
    { name: 'half', of: of('p50Ms') },
    { name: '99 %', of: of('p99Ms') },
  ];
  const fill = [{ name: 'used', of: ({ queues }: api.HistorySample) => queues[id] }];
  return html`<div class="charts">
    <${LineChart} title="Records" history=${history} series=${records} shown=${perSecond} />
    ${latency && html`<${LineChart} title="Latency of batches, at most" history=${history} series=${latencies} shown=${latencyText} />`}
    ${latency && html`<${LatencyBars} latency=${latency} />`}
    ${pipeline.queues.some((queue) => queue.id === id) && html`<${LineChart} title="Queue" history=${history} series=${fill} shown=${text.share} top=${1} />`}
  </div>`;
}
