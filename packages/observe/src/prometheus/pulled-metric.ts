import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  type MetricValueWithName,
  type Registry,
} from 'prom-client';
import type { LabelledValue } from '../tally/counts.js';
import { BUCKETS, type LabelledDuration } from '../tally/durations.js';
import { METRICS, type MetricName, type MetricOf } from '../tally/metric-table.js';

/**
 * Adds a counter or gauge to a registry; its values are read when somebody scrapes. To count an
 * event must cost next to nothing.
 */
export function addValues(
  register: Registry,
  name: MetricOf<'counter' | 'gauge'>,
  read: () => Iterable<LabelledValue>,
): void {
  const values = (): MetricValue<string>[] =>
    Array.from(read(), ({ labels, value }) => ({ labels: namedLabels(name, labels), value }));
  if (METRICS[name].type === 'gauge') void new PulledGauge(register, name, values);
  else void new PulledCounter(register, name, values);
}

/** Adds a histogram to a registry whose values are read when somebody scrapes. */
export function addDurations(
  register: Registry,
  name: MetricOf<'histogram'>,
  read: () => Iterable<LabelledDuration>,
): void {
  void new PulledHistogram(register, name, () =>
    Array.from(read(), ({ labels, of }) => series(name, namedLabels(name, labels), of)).flat(),
  );
}

class PulledCounter extends Counter {
  readonly #read: () => MetricValue<string>[];

  constructor(register: Registry, name: MetricName, read: () => MetricValue<string>[]) {
    super(optionsOf(register, name));
    this.#read = read;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    return { ...(await super.get()), values: this.#read() };
  }
}

class PulledGauge extends Gauge {
  readonly #read: () => MetricValue<string>[];

  constructor(register: Registry, name: MetricName, read: () => MetricValue<string>[]) {
    super(optionsOf(register, name));
    this.#read = read;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    return { ...(await super.get()), values: this.#read() };
  }
}

type Series = MetricObjectWithValues<MetricValueWithName<string>>;

class PulledHistogram extends Histogram {
  readonly #name: MetricOf<'histogram'>;
  readonly #read: () => MetricValueWithName<string>[];

  constructor(
    register: Registry,
    name: MetricOf<'histogram'>,
    read: () => MetricValueWithName<string>[],
  ) {
    super({ ...optionsOf(register, name), buckets: [...BUCKETS] });
    this.#name = name;
    this.#read = read;
  }

  override async get(): Promise<Series> {
    const { type, help } = METRICS[this.#name];
    // The type of the library names an enum that it does not export.
    const about = { name: this.#name, help, type, aggregator: 'sum', values: this.#read() };
    return about as unknown as Series;
  }

  /** What the library asks in place of `get` when it writes text. */
  getForPromString(): Promise<Series> {
    return this.get();
  }
}

function optionsOf(register: Registry, name: MetricName) {
  const { help, labels } = METRICS[name];
  return { name, help, labelNames: [...labels], registers: [register] };
}

function namedLabels(name: MetricName, labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(METRICS[name].labels.map((label, at) => [label, labels[at] ?? '']));
}

function series(
  name: string,
  labels: Record<string, string>,
  { cumulative, sum }: LabelledDuration['of'],
): MetricValueWithName<string>[] {
  const buckets = cumulative.map((value, at) => {
    const le = BUCKETS[at] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value };
  });
  const count = cumulative.at(-1) ?? 0;
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
