import {
  metrics,
  ValueType,
  type Attributes,
  type Histogram,
  type Meter,
  type MeterProvider,
  type MetricOptions,
  type Observable,
} from '@opentelemetry/api';
import type { Observed } from '@trunkline/server/operations';
import { BUCKETS } from '../tally/durations.js';
import { METRICS, type MetricName, type MetricOf } from '../tally/metric-table.js';
import { ServerTally, type ReadableValues } from '../tally/server-tally.js';
import { SCOPE } from './scope.js';

/** Options of metrics. */
export interface ServerMetricsOptions {
  /** Makes the instruments; the global one of the OpenTelemetry API unless given. */
  readonly meterProvider?: MeterProvider;
}

/** An instrument and how to read it. */
type Instrument = ReadableValues & { readonly observable: Observable };

/**
 * The metrics of servers by OpenTelemetry: an observer, and what it has counted. `watch` a server to
 * see its gauges too. They are those of the Prometheus table, with dots and without units in names:
 * `trunkline.call.duration` in seconds is `trunkline_call_duration_seconds`.
 */
export class ServerMetrics extends ServerTally {
  readonly #histograms: ReadonlyMap<MetricName, Histogram>;
  readonly #end: () => void;

  constructor({ meterProvider = metrics.getMeterProvider() }: ServerMetricsOptions = {}) {
    super();
    const meter = meterProvider.getMeter(SCOPE);
    const instruments = this.values.map((one) => ({
      ...one,
      observable: createObservable(meter, one),
    }));
    const observables = instruments.map(({ observable }) => observable);
    const look = (result: Observing): void => instruments.forEach((one) => observe(one, result));
    meter.addBatchObservableCallback(look, observables);
    this.#end = () => meter.removeBatchObservableCallback(look, observables);
    this.#histograms = new Map(
      this.durations.map(({ name }) => [name, createHistogram(meter, name)] as const),
    );
  }

  /** Reads nothing any more. Idempotent. */
  close(): void {
    this.#end();
  }

  override authDecided(event: Observed<'authDecided'>): void {
    super.authDecided(event);
    this.#record('trunkline_auth_duration_seconds', event.ms, { for: event.for });
  }

  override callEnded(event: Observed<'callEnded'>): void {
    super.callEnded(event);
    const { call, ms, handlerMs } = event;
    const { procedure, kind } = call;
    if (kind === 'stream' || procedure === UNKNOWN) return;
    this.#record('trunkline_call_duration_seconds', ms, { procedure });
    if (handlerMs === undefined) return;
    this.#record('trunkline_handler_duration_seconds', handlerMs, { procedure });
  }

  override clientCallEnded(event: Observed<'clientCallEnded'>): void {
    super.clientCallEnded(event);
    const { procedure, ms } = event;
    this.#record('trunkline_client_call_duration_seconds', ms, { procedure });
  }

  override publishEnded(event: Observed<'publishEnded'>): void {
    super.publishEnded(event);
    const { topic, ms } = event;
    this.#record('trunkline_publish_duration_seconds', ms, { topic });
  }

  override drainEnded(event: Observed<'drainEnded'>): void {
    super.drainEnded(event);
    this.#record('trunkline_drain_duration_seconds', event.ms, {});
  }

  #record(name: MetricOf<'histogram'>, ms: number, attributes: Attributes): void {
    this.#histograms.get(name)?.record(ms / 1_000, attributes);
  }
}

/** Name of what a server does not have. */
const UNKNOWN = '(unknown)';

type Observing = Parameters<Parameters<Meter['addBatchObservableCallback']>[0]>[0];

function observe({ name, read, observable }: Instrument, result: Observing): void {
  const names = METRICS[name].labels;
  for (const { labels, value } of read()) {
    const pairs = names.map((label, at) => [label, labels[at] ?? ''] as const);
    result.observe(observable, value, Object.fromEntries(pairs));
  }
}

function createObservable(meter: Meter, { name }: ReadableValues): Observable {
  const { title, options } = describe(name);
  const whole = { ...options, valueType: ValueType.INT };
  return METRICS[name].type === 'gauge'
    ? meter.createObservableGauge(title, whole)
    : meter.createObservableCounter(title, whole);
}

function createHistogram(meter: Meter, name: MetricOf<'histogram'>): Histogram {
  const { title, options } = describe(name);
  const advice = { explicitBucketBoundaries: [...BUCKETS] };
  return meter.createHistogram(title, { ...options, advice });
}

/** Says by OpenTelemetry's conventions what stands in the table by those of Prometheus. */
function describe(name: MetricName): { title: string; options: MetricOptions } {
  const bare = name.replace(/_total$/, '');
  const unit = UNITS.find(([suffix]) => bare.endsWith(suffix));
  const short = unit?.[1] === 's' ? bare.slice(0, -unit[0].length) : bare;
  const options = { description: METRICS[name].help, ...(unit && { unit: unit[1] }) };
  return { title: short.replaceAll('_', '.'), options };
}

const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['_seconds', 's'],
  ['_bytes', 'By'],
];
