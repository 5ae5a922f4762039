import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { lines, run, temporaryFolder, write } from './support.js';

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly Point[] };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly dataPoints: readonly { readonly count: number }[] };
}
interface Point {
  readonly asDouble?: number;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
}
interface Sent {
  readonly path: string;
  readonly key: unknown;
  readonly metrics: readonly Metric[];
}

/** A receiver of OTLP over HTTP, as JSON. */
async function receiver(): Promise<{ readonly url: string; readonly sent: Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { resourceMetrics } = JSON.parse(Buffer.concat(parts).toString());
    const { metrics } = resourceMetrics[0].scopeMetrics[0];
    sent.push({ path: request.url!, key: request.headers['x-key'], metrics });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

it("sends the figures of a run, under OpenTelemetry's names, which are those of its summary", async () => {
  const { url, sent } = await receiver();
  const cwd = temporaryFolder();
  const yaml = `name: shop
sources: { web: { type: generate, kind: access_log, count: 5000, format: combined } }
transforms: { failed: { type: filter, inputs: [web], where: status >= 500 } }
sinks: { out: { type: file, inputs: [failed], path: out.ndjson, format: json } }
`;
  const env = { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=abc' };
  const { code, err } = await run(['run', write(cwd, 'p.yaml', yaml), '--otlp', url], { cwd, env });
  expect(code, err).toBe(0);
  const summary = JSON.parse(lines(err).at(-1)!) as { stages: { stage: string; recordsOut: number }[] };
  const { path, key, metrics } = sent.at(-1)!;
  expect({ path, key }).toEqual({ path: '/v1/metrics', key: 'abc' });
  const named = (name: string) => metrics.find((metric) => metric.name === name)!;
  const out = named('millrace.stage.records_out');
  expect(out.sum?.isMonotonic).toBe(true);
  for (const { stage, recordsOut } of summary.stages) {
    const of = ({ attributes }: Point) =>
      attributes.some((one) => one.key === 'stage' && one.value.stringValue === stage);
    expect(out.sum!.dataPoints.find(of)?.asDouble, stage).toBe(recordsOut);
  }
  expect(named('process.cpu.time').unit).toBe('s');
  expect(named('process.memory.usage').gauge!.dataPoints[0]!.asDouble).toBeGreaterThan(1e6);
  expect(named('millrace.queue.limit').unit).toBe('By');
  expect(named('millrace.stage.batch_duration').histogram!.dataPoints[0]!.count).toBeGreaterThan(0);
});

it('warns of a receiver that is not there, and the run goes on', async () => {
  const cwd = temporaryFolder();
  const yaml = `sources: { web: { type: generate, kind: access_log, count: 10 } }
sinks: { out: { type: blackhole, inputs: [web] } }
`;
  const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '500' };
  const { code, err } = await run(['run', write(cwd, 'p.yaml', yaml), '--otlp', 'http://127.0.0.1:1'], {
    cwd,
    env,
  });
  expect(code).toBe(0);
  expect(err).toContain('metrics did not arrive at 127.0.0.1:1');
});
