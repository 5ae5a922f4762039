import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { ObservedPipeline, Queue, Stage } from './api.js';
import { type Edge, layout, NODE, type Placed } from './layout.js';
import * as text from './text.js';

interface GraphProps {
  readonly pipeline: ObservedPipeline;
  readonly chosen: string | undefined;
  readonly onChoose: (stage: string) => void;
}

/** The pipeline as a graph: what flows, how full the queues are, and which stage limits it. */
export function Graph({ pipeline, chosen, onChoose }: GraphProps): VNode {
  const { placed, edges, width, height } = layout(pipeline.stages);
  const nodes = placed.map(
    (one) => html`<${Node}
      key=${one.stage.id} placed=${one} pipeline=${pipeline} isChosen=${one.stage.id === chosen} onChoose=${onChoose} />`,
  );
  const size = `max-width: ${width}px; min-width: ${LEAST_SCALE * width}px`;
  return html`<div class="graph">
    <svg style=${size} viewBox="0 0 ${width} ${height}" role="group" aria-label="Stages of the pipeline">
      ${edges.map((edge) => html`<${EdgeLine} edge=${edge} pipeline=${pipeline} />`)}${nodes}
    </svg>
  </div>`;
}

/** A graph that is too wide is drawn smaller, as long as it can be read; then it is scrolled. */
const LEAST_SCALE = 0.75;

function EdgeLine({ edge: { from, to, by }, pipeline }: { edge: Edge; pipeline: ObservedPipeline }): VNode {
  let begin = { x: from.x + NODE.width, y: from.y + NODE.height / 2 };
  let path = `M${begin.x},${begin.y}`;
  let label = begin;
  for (const end of [...by, { x: to.x, y: to.y + NODE.height / 2 }]) {
    const middle = (begin.x + end.x) / 2;
    path += `C${middle},${begin.y} ${middle},${end.y} ${end.x},${end.y}h${NODE.width}`;
    // Nearer to the end, where edges that begin together lie apart.
    label = { x: cubic(begin.x, middle, middle, end.x), y: cubic(begin.y, begin.y, end.y, end.y) };
    begin = { x: end.x + NODE.width, y: end.y };
  }
  const rate =
    to.stage.inputs.length === 1
      ? pipeline.rates[to.stage.id]?.recordsIn
      : pipeline.rates[from.stage.id]?.recordsOut;
  return html`<g aria-hidden="true">
    <path class="edge ${rate ? 'moving' : ''}" d=${path} />
    <text class="edge-label" x=${label.x} y=${label.y - 6} text-anchor="middle">${text.short(rate ?? 0)}/s</text>
  </g>`;
}

const LABEL_AT = 0.7;

/** A coordinate of a Bézier curve. */
function cubic(a: number, b: number, c: number, d: number, t = LABEL_AT): number {
  const u = 1 - t;
  return u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d;
}

interface NodeProps {
  readonly placed: Placed;
  readonly pipeline: ObservedPipeline;
  readonly isChosen: boolean;
  readonly onChoose: (stage: string) => void;
}

function Node({ placed: { stage, x, y }, pipeline, isChosen, onChoose }: NodeProps): VNode {
  const { id } = stage;
  const rate = pipeline.rates[id]?.recordsOut ?? 0;
  const queue = pipeline.queues.find((one) => one.id === id);
  const limits = pipeline.bottleneck?.stage === id;
  const choose = () => onChoose(id);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose();
  };
  const classes = `node ${limits ? 'limits' : ''} ${isChosen ? 'chosen' : ''}`;
  return html`<g class=${classes} transform="translate(${x},${y})" tabindex="0" role="button" data-stage=${id}
      aria-pressed=${isChosen ? 'true' : 'false'} aria-label=${label(stage, rate, queue, limits)} onClick=${choose} onKeyDown=${onKey}>
    <rect width=${NODE.width} height=${NODE.height} rx="8" />
    <text class="title" x="10" y="20">${clip(id)}</text>
    <text class="small mark" x="10" y="36">${limits ? 'bottleneck' : `${stage.kind} ${stage.type}`}</text>
    <text x="10" y="53">${text.short(rate)} records/s</text>
    ${queue && html`<${Fill} queue=${queue} />`}
    ${stage.deadLettered > 0 && html`<text class="small dead" x=${NODE.width - 10} y="20" text-anchor="end">${text.short(stage.deadLettered)} dead</text>`}
  </g>`;
}

function Fill({ queue }: { queue: Queue }): VNode {
  const width = NODE.width - 20;
  const full = Math.min(1, queue.usedBytes / queue.limitBytes);
  return html`<g>
    <rect class="room" x="10" y="60" width=${width} height="5" rx="2" />
    <rect class="fill" x="10" y="60" width=${width * full} height="5" rx="2" />
    <text class="small" x="10" y="78">${text.share(full)} full, credit ${text.size(queue.limitBytes - queue.usedBytes)}</text>
  </g>`;
}

function label(stage: Stage, rate: number, queue: Queue | undefined, limits: boolean): string {
  const parts = [`${stage.id}, ${stage.kind} of type ${stage.type}`, `${text.short(rate)} records a second`];
  if (queue) parts.push(`queue ${text.share(queue.usedBytes / queue.limitBytes)} full`);
  if (stage.deadLettered > 0) parts.push(`${text.count(stage.deadLettered)} dead letters`);
  if (limits) parts.push('the bottleneck');
  return parts.join('; ');
}

const MOST_CHARACTERS = 19;

function clip(name: string): string {
  return name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS - 1)}…` : name;
}
