import { LATENCY_BOUNDS_MS } from '../runtime/index.js';
import { type Family, familiesOf, type Labels } from './families.js';
import type { ObservedPipeline } from './recent.js';

/**
 * What is known of a run, in the text format that Prometheus reads, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export function prometheusText(observed: ObservedPipeline): string {
  const lines = familiesOf(observed).flatMap((family) => linesOf(family, observed.pipeline));
  return `${lines.join('\n')}\n`;
}

function linesOf(family: Family, pipeline: string): string[] {
  const { kind, help, common } = family;
  const name = common?.prometheus ?? nameOf(family);
  const own: Labels = common ? {} : { pipeline };
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`];
  const add = (sample: string, labels: Labels, value: number) =>
    lines.push(`${sample}${labelText({ ...own, ...labels })} ${value}`);
  if (family.kind !== 'histogram') {
    for (const [labels, value] of family.values) add(name, labels, value);
    return lines;
  }
  for (const [labels, { counts, sumMs }] of family.values) {
    let count = 0;
    for (const [bucket, more] of counts.entries()) {
      count += more;
      const bound = LATENCY_BOUNDS_MS[bucket];
      add(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : String(bound / 1000) }, count);
    }
    add(`${name}_sum`, labels, sumMs / 1000);
    add(`${name}_count`, labels, count);
  }
  return lines;
}

function nameOf({ kind, of, name }: Family): string {
  return ['millrace', of, name, kind === 'counter' ? 'total' : undefined].filter(Boolean).join('_');
}

function labelText(labels: Labels): string {
  const all = Object.entries(labels).map(([label, of]) => `${label}="${escaped(of)}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
