import { askedOf, type Plan, type Stage } from '../plan/index.js';
import { Exit, type Io } from './io.js';
import { type LoadOptions, loadPipeline } from './load.js';

export interface GraphOptions extends LoadOptions {
  readonly format: 'text' | 'mermaid' | 'dot';
}

const DRAW = { text: drawText, mermaid: drawMermaid, dot: drawDot } as const;

/** `millrace graph`. */
export async function graphVerb(file: string, options: GraphOptions, io: Io): Promise<number> {
  const loaded = await loadPipeline(file, options, io);
  if (!loaded) return Exit.CONFIGURATION;
  io.out.write(`${DRAW[options.format](loaded.plan).join('\n')}\n`);
  return Exit.DONE;
}

function readersOf(plan: Plan, id: string): Stage[] {
  return [...plan.stages.values()].filter(({ inputs }) => inputs.includes(id));
}

/** What a stage has asked of the one that it reads. */
function asked(plan: Plan, from: string, reader: Stage): string | undefined {
  return askedOf(plan.stages.get(from)!, reader.id)?.join(', ');
}

function label({ type, kind, queue }: Stage): string {
  return `${type} ${kind}${queue ? `, ${queue.type} queue` : ''}`;
}

/** A tree under each source; what has several inputs is drawn in full under the first of them. */
function drawText(plan: Plan): string[] {
  const drawn = new Set<string>();
  const draw = (stage: Stage, indent: string, isLast: boolean, from?: Stage): string[] => {
    const isRoot = from === undefined;
    const on = from && asked(plan, from.id, stage);
    const branch = isRoot ? '' : isLast ? '└─ ' : '├─ ';
    if (drawn.has(stage.id))
      return [`${indent}${branch}${stage.id} (drawn above)${on === undefined ? '' : ` on ${on}`}`];
    drawn.add(stage.id);
    const below = isRoot ? '' : `${indent}${isLast ? '   ' : '│  '}`;
    const readers = readersOf(plan, stage.id);
    const inner = readers.flatMap((reader, i) => draw(reader, below, i === readers.length - 1, stage));
    const what = `${stage.id} (${label(stage)})${on === undefined ? '' : ` on ${on}`}`;
    return [`${indent}${branch}${what}`, ...inner];
  };
  const sources = [...plan.stages.values()].filter(({ kind }) => kind === 'source');
  return sources.flatMap((source) => draw(source, '', true));
}

/** https://mermaid.js.org/syntax/flowchart.html */
function drawMermaid(plan: Plan): string[] {
  const stages = [...plan.stages.values()];
  const node = ({ id }: Stage | { id: string }) =>
    `s_${id.replaceAll('-', '_')}${id.includes('-') ? suffix(id) : ''}`;
  const shapes = {
    source: ['([', '])'],
    transform: ['[', ']'],
    exchange: ['{{', '}}'],
    sink: ['[(', ')]'],
  } as const;
  return [
    'flowchart LR',
    ...stages.map((stage) => {
      const [open, close] = shapes[stage.kind];
      return `  ${node(stage)}${open}"${stage.id}<br/>${label(stage)}"${close}`;
    }),
    ...stages.flatMap((stage) =>
      stage.inputs.map((input) => {
        const text = asked(plan, input, stage);
        const arrow = text === undefined ? '-->' : `-->|"${mermaidText(text)}"|`;
        return `  ${node({ id: input })} ${arrow} ${node(stage)}`;
      }),
    ),
  ];
}

/** In Mermaid `#35;` is a number sign. */
function mermaidText(text: string): string {
  return text.replaceAll('#', '#35;').replaceAll('"', '#quot;');
}

/** Mermaid's node names have no hyphens; this keeps `a-b` apart from `a_b`. */
function suffix(id: string): string {
  return `_${[...id].flatMap((character, i) => (character === '-' ? [i] : [])).join('_')}`;
}

/** https://graphviz.org/doc/info/lang.html */
function drawDot(plan: Plan): string[] {
  const stages = [...plan.stages.values()];
  const shapes = { source: 'oval', transform: 'box', exchange: 'hexagon', sink: 'cylinder' } as const;
  return [
    `digraph ${JSON.stringify(plan.name)} {`,
    '  rankdir=LR;',
    ...stages.map(
      (stage) => `  "${stage.id}" [shape=${shapes[stage.kind]}, label="${stage.id}\\n${label(stage)}"];`,
    ),
    ...stages.flatMap((stage) =>
      stage.inputs.map((input) => {
        const text = asked(plan, input, stage);
        return `  "${input}" -> "${stage.id}"${text === undefined ? '' : ` [label=${JSON.stringify(text)}]`};`;
      }),
    ),
    '}',
  ];
}
