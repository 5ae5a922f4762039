import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { type Family, familiesOf, type Labels, type ObservedPipeline } from '../admin/index.js';
import { messageOf } from '../base/errors.js';
import type { StageLog } from '../component/index.js';
import { LATENCY_BOUNDS_MS } from '../runtime/index.js';
import type { Io } from './io.js';

export interface OtlpOptions {
  /** Of the receiver, without `/v1/metrics`. */
  readonly url: URL;
  readonly version: string;
  readonly observe: () => ObservedPipeline | undefined;
  readonly log: StageLog;
  readonly env: Io['env'];
}

/** OpenTelemetry's own default (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
const INTERVAL_MS = 60_000;
const PATH = '/v1/metrics';
const SECONDS_OF_A_MS = 1000;

/** Sends what is known of a run to a receiver of OTLP over HTTP, now and then and at its end. It waits for nobody. */
export class OtlpExport {
  readonly #options: OtlpOptions;
  readonly #exporter: OTLPMetricExporter;
  readonly #timer: NodeJS.Timeout;
  #sending: Promise<void> = Promise.resolve();
  /** Whether the last one did not arrive: of many in a row, the first is told. */
  #hasFailed = false;

  constructor(options: OtlpOptions) {
    const { url, env } = options;
    this.#options = options;
    const path = url.pathname.endsWith(PATH) ? url.pathname : `${url.pathname.replace(/\/$/, '')}${PATH}`;
    // Headers, a timeout and certificates come from OpenTelemetry's own variables.
    this.#exporter = new OTLPMetricExporter({ url: new URL(path, url).href });
    const everyMs = Number(env.OTEL_METRIC_EXPORT_INTERVAL) || INTERVAL_MS;
    this.#timer = setInterval(() => this.#send(), everyMs);
    this.#timer.unref();
  }

  /** Sends the last figures. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#send();
    await this.#sending;
    await this.#exporter.shutdown();
  }

  #send(): void {
    const observed = this.#options.observe();
    if (!observed) return;
    const metrics = resourceMetrics(observed, this.#options);
    this.#sending = this.#sending.then(
      () =>
        new Promise((resolve) => {
          this.#exporter.export(metrics, ({ error }) => {
            this.#arrived(error);
            resolve();
          });
        }),
    );
  }

  #arrived(error: Error | undefined): void {
    const { log, url } = this.#options;
    if (error && !this.#hasFailed)
      log.warn({ code: 'otlp_failed' }, `metrics did not arrive at ${url.host}: ${messageOf(error)}`);
    this.#hasFailed = error !== undefined;
  }
}

function resourceMetrics(observed: ObservedPipeline, { version, env }: OtlpOptions): ResourceMetrics {
  const resource = resourceFromAttributes({
    'service.name': env.OTEL_SERVICE_NAME ?? 'millrace',
    'service.version': version,
    'process.pid': process.pid,
    'millrace.pipeline': observed.pipeline,
  });
  const endTime = timeOf(Date.now());
  const startTime = timeOf(Date.now() - observed.elapsedMs);
  const at = (attributes: Labels) => ({ attributes, startTime, endTime });
  const metrics = familiesOf(observed).map((family) => metricOf(family, at));
  return { resource, scopeMetrics: [{ scope: { name: 'millrace', version }, metrics }] };
}

type At = (
  attributes: Labels,
) => Pick<MetricData['dataPoints'][number], 'attributes' | 'startTime' | 'endTime'>;

function metricOf(family: Family, at: At): MetricData {
  const descriptor = { ...nameAndUnit(family), description: family.help, valueType: 1 };
  const head = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (family.kind === 'histogram') {
    const boundaries = LATENCY_BOUNDS_MS.map((ms) => ms / SECONDS_OF_A_MS);
    const dataPoints = family.values.map(([labels, { counts, sumMs }]) => {
      const count = counts.reduce((sum, more) => sum + more, 0);
      return {
        ...at(labels),
        value: { buckets: { boundaries, counts: [...counts] }, sum: sumMs / SECONDS_OF_A_MS, count },
      };
    });
    return { ...head, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = family.values.map(([labels, value]) => ({ ...at(labels), value }));
  if (family.kind === 'gauge') return { ...head, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...head, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

const UNITS: Readonly<Record<string, string>> = { seconds: 's', bytes: 'By', ratio: '1' };

/** Of OpenTelemetry's conventions where they have it; there, a unit is no part of a name. */
function nameAndUnit({ name, of, common }: Family): { name: string; unit: string } {
  const word = /_(seconds|bytes|ratio)(?:_total)?$/.exec(`_${name}`)?.[1];
  const unit = (word && UNITS[word]) ?? '1';
  if (common) return { name: common.opentelemetry, unit };
  const bare = word && name !== word ? name.slice(0, -word.length - 1) : name === 'seconds' ? 'time' : name;
  return { name: ['millrace', of, bare].filter(Boolean).join('.'), unit };
}

function timeOf(ms: number): [seconds: number, nanoseconds: number] {
  return [Math.trunc(ms / 1000), Math.trunc((ms % 1000) * 1e6)];
}
