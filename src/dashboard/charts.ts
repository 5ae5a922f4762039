import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { type HistogramCounts, LATENCY_BOUNDS_MS } from '../runtime/histogram.js';
import type { HistorySample } from './api.js';
import * as text from './text.js';

export interface Series {
  readonly name: string;
  /** Undefined where nothing is known. */
  readonly of: (sample: HistorySample) => number | undefined;
}

interface ChartProps {
  readonly title: string;
  readonly history: readonly HistorySample[];
  /** Two at most: each has a colour and a dash of its own. */
  readonly series: readonly Series[];
  readonly shown: (value: number) => string;
  /** The top of the chart; the highest value unless it is given. */
  readonly top?: number;
}

const WIDTH = 300;
const HEIGHT = 72;
const SPAN_MS = 5 * 60_000;

/** Lines over the last five minutes, with the newest values in words. */
export function LineChart({ title, history, series, shown, top }: ChartProps): VNode {
  const endMs = history.at(-1)?.timeMs ?? 0;
  const recent = history.filter(({ timeMs }) => timeMs > endMs - SPAN_MS);
  const lines = series.map(({ name, of }) => ({ name, values: recent.map(of) }));
  const all = lines.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const highest = top ?? Math.max(0, ...all);
  const x = (index: number) => WIDTH - ((endMs - recent[index]!.timeMs) / SPAN_MS) * WIDTH;
  const y = (value: number) => HEIGHT - 2 - Math.min(1, value / (highest || 1)) * (HEIGHT - 4);
  const newest = lines.map(({ name, values }) => [name, latest(values)] as const);
  const told = newest.map(([name, value]) => `${name} ${value === undefined ? 'none' : shown(value)}`);
  const label = `${title}, the last 5 minutes. Now: ${told.join(', ')}. Highest: ${all.length > 0 ? shown(Math.max(...all)) : 'none'}.`;
  return html`<figure class="chart">
    <figcaption>
      <span>${title}</span>
      <span class="now" aria-hidden="true">${newest.map(
        ([name, value], index) =>
          html`<span class="key line-${index}">${name} <b>${value === undefined ? '–' : shown(value)}</b></span>`,
      )}</span>
    </figcaption>
    <svg role="img" aria-label=${label} viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none">
      <path class="grid" d="M0,2H${WIDTH}M0,${HEIGHT / 2}H${WIDTH}M0,${HEIGHT - 2}H${WIDTH}" />
      ${lines.map(({ values }, index) => html`<path class="line line-${index}" d=${pathOf(values, x, y)} />`)}
    </svg>
    <p class="scale" aria-hidden="true"><span>5 min ago</span><span>top ${shown(highest)}</span><span>now</span></p>
  </figure>`;
}

function latest(values: readonly (number | undefined)[]): number | undefined {
  return values.findLast((value) => value !== undefined);
}

/** A line with gaps where nothing is known; a value alone is a dot. */
function pathOf(
  values: readonly (number | undefined)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value !== undefined)
      path += `${isDrawing ? 'L' : 'M'}${x(index).toFixed(1)},${y(value).toFixed(1)}${isDrawing ? '' : 'h0.1'}`;
    isDrawing = value !== undefined;
  }
  return path;
}

/** How many batches took how long, since the run began. */
export function LatencyBars({ latency: { counts } }: { latency: HistogramCounts }): VNode {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const most = Math.max(1, ...counts);
  const width = WIDTH / counts.length;
  const names = counts.map((_, bucket) => boundText(bucket));
  const told = counts.flatMap((count, bucket) =>
    count > 0 ? [`${names[bucket]}: ${text.share(count / total)}`] : [],
  );
  return html`<figure class="chart">
    <figcaption><span>Batches by latency</span><span class="now" aria-hidden="true"><span class="key">${text.short(total)} since the start</span></span></figcaption>
    <svg role="img" aria-label="Batches by latency. ${told.join(', ') || 'None yet'}." viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none">
      <path class="grid" d="M0,${HEIGHT - 2}H${WIDTH}" />
      ${counts.map((count, bucket) => {
        const height = (count / most) * (HEIGHT - 6);
        return html`<rect class="bar" x=${bucket * width + 1} y=${HEIGHT - 2 - height} width=${width - 2} height=${height} />`;
      })}
    </svg>
    <p class="scale" aria-hidden="true"><span>1 ms</span><span>100 ms</span><span>10 s</span></p>
  </figure>`;
}

function boundText(bucket: number): string {
  const bound = LATENCY_BOUNDS_MS[bucket];
  if (bound === undefined) return 'longer';
  return `up to ${latencyText(bound)}`;
}

/** `2.5 ms`, `10 s`. */
export function latencyText(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}
