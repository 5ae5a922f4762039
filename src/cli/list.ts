import { nearestName } from '../base/names.js';
import type { TransformSample } from '../component/index.js';
import type { Field } from '../config/index.js';
import { commonFields } from '../plan/index.js';
import { CATALOGUE } from './catalogue.js';
import { fieldRows } from './field-text.js';
import { Exit, type Io } from './io.js';
import { type Paint, painter, table, wrap } from './render.js';

/** Anything that `list` describes. */
export interface Component {
  readonly kind: 'source' | 'transform' | 'exchange' | 'sink' | 'queue' | 'format';
  readonly name: string;
  readonly summary: string;
  readonly fields: readonly Field[];
  readonly example: string;
  /** Of formats: where they can be used. */
  readonly directions?: string;
  readonly sample?: TransformSample;
}

/** All components, by kind and name. */
export function components(): readonly Component[] {
  const { sources, transforms, exchanges, sinks, queues, formats } = CATALOGUE;
  const byName = (a: Component, b: Component) => (a.name < b.name ? -1 : 1);
  return [
    ...[...sources.values()].sort(byName),
    ...[...transforms.values()].sort(byName),
    ...[...exchanges.values()].sort(byName),
    ...[...sinks.values()].sort(byName),
    ...[...queues.values()].sort(byName),
    ...formats
      .map((format) => {
        const places = [format.decoder && 'sources', format.encoder && 'sinks'].filter(Boolean);
        const directions = `for ${places.join(' and ')}`;
        const sample = format.decoder?.sample;
        return { ...format, directions, ...(sample && { sample }) };
      })
      .sort(byName),
  ];
}

const HEADINGS = {
  source: 'Sources',
  transform: 'Transforms',
  exchange: 'Exchanges',
  sink: 'Sinks',
  queue: 'Durable queues',
  format: 'Formats',
} as const;

/** `millrace list`. */
export function listVerb(name: string | undefined, io: Io): number {
  const paint = painter(io.out, io.env);
  const all = components();
  if (name === undefined) {
    io.out.write(`${overview(all, paint).join('\n')}\n`);
    return Exit.DONE;
  }
  const found = all.filter((component) => component.name === name);
  if (found.length === 0) {
    const nearest = nearestName(
      name,
      all.map((component) => component.name),
    );
    const hint = nearest ? ` (did you mean "${nearest}"?)` : '; "millrace list" shows all';
    io.err.write(`error: no component is called "${name}"${hint}\n`);
    return Exit.FAILED;
  }
  io.out.write(`${found.map((component) => description(component, paint).join('\n')).join('\n\n')}\n`);
  return Exit.DONE;
}

function overview(all: readonly Component[], paint: Paint): string[] {
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines = (['source', 'transform', 'exchange', 'sink', 'queue', 'format'] as const).flatMap((kind) => [
    paint('bold', HEADINGS[kind]),
    ...all
      .filter((component) => component.kind === kind)
      .map(({ name, summary }) => `  ${paint('cyan', name.padEnd(width))}  ${summary}`),
    '',
  ]);
  return [...lines, '"millrace list NAME" describes one, with its options and an example.'];
}

const WIDTH = 100;

function description(component: Component, paint: Paint): string[] {
  const { kind, name, summary, directions } = component;
  const title = `${paint('bold', name)} (${kind}${directions ? `, ${directions}` : ''})`;
  const own = optionLines('Options', component.fields, paint);
  const common =
    kind === 'format' || kind === 'queue'
      ? []
      : optionLines(`Options of every ${kind}`, commonFields(kind, CATALOGUE), paint);
  const shown = exampleOf(component);
  const exampleLines = [paint('bold', 'Example'), ...shown.split('\n').map((line) => `  ${line}`)];
  return [title, ...wrap(summary, WIDTH), '', ...own, ...common, ...exampleLines];
}

/** As it would stand in a stage. */
export function exampleOf({ kind, example }: Component): string {
  if (kind === 'format') return `format: ${example.trim()}`;
  return kind === 'queue' ? `queue:\n${example.trimEnd().replace(/^/gm, '  ')}` : example.trimEnd();
}

function optionLines(heading: string, fields: readonly Field[], paint: Paint): string[] {
  if (fields.length === 0) return [`No options.`, ''];
  const rows = fieldRows(fields);
  const heads = table(rows.map(({ path, type, fallback }) => [path, type, shownFallback(fallback)]));
  const lines = rows.flatMap(({ path, summary }, i) => [
    `  ${paint('cyan', path)}${heads[i]!.slice(path.length)}`,
    ...wrap(summary, WIDTH - 6).map((line) => `      ${line}`),
  ]);
  return [paint('bold', heading), ...lines, ''];
}

function shownFallback(fallback: string): string {
  if (fallback === '' || fallback === 'required') return fallback;
  return `default ${fallback}`;
}
