import {
  MeterProvider,
  MetricReader,
  type DataPoint,
  type Histogram,
} from '@opentelemetry/sdk-metrics';
import { ServerMetrics } from '@trunkline/observe/opentelemetry';
import { Metrics, METRICS } from '@trunkline/observe/prometheus';
import { createTopics } from '@trunkline/server';
import { expect, it } from 'vitest';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { describeTransports } from '../support/peers.js';

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Values by name and labels, with the names of Prometheus; of histograms their counts and sums. */
async function collect(reader: MetricReader): Promise<Map<string, number>> {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  const values = new Map<string, number>();
  for (const { descriptor, dataPoints, ...metric } of resourceMetrics.scopeMetrics.flatMap(
    (scope) => scope.metrics,
  )) {
    const unit = descriptor.unit === 's' ? '_seconds' : '';
    const isCounter = 'isMonotonic' in metric && metric.isMonotonic;
    const name = `${descriptor.name.replaceAll('.', '_')}${unit}${isCounter ? '_total' : ''}`;
    for (const { attributes, value } of dataPoints as DataPoint<number | Histogram>[]) {
      if (typeof value === 'number') values.set(keyOf(name, attributes), value);
      else {
        values.set(keyOf(`${name}_count`, attributes), value.count);
        values.set(keyOf(`${name}_sum`, attributes), rounded(value.sum ?? 0));
      }
    }
  }
  return values;
}

async function scrape({ register }: Metrics): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const { name, values: all } of await register.getMetricsAsJSON()) {
    for (const one of all) {
      const own = 'metricName' in one ? String(one.metricName) : name;
      if (!own.endsWith('_bucket')) values.set(keyOf(own, one.labels), rounded(one.value));
    }
  }
  return values;
}

function keyOf(name: string, labels: object): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b));
  return `${name} ${sorted.map(([label, value]) => `${label}=${value}`).join()}`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(9));
}

describeTransports('metrics by OpenTelemetry', (open) => {
  it('have the names and values of those for Prometheus', async () => {
    const reader = new ManualReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const byOpenTelemetry = new ServerMetrics({ meterProvider });
    const byPrometheus = new Metrics();
    const probe = createProbe();
    await using peers = await open({
      services: [chatService(probe)],
      anonymous: true,
      observers: [byOpenTelemetry, byPrometheus],
    });
    const undo = [byOpenTelemetry, byPrometheus].map((one) => one.watch(peers.server));
    const client = peers.connect({ contracts: { chat } });
    const ticks = client.chat.ticks().subscribe({});
    await expect.poll(() => ticks.state.status).toBe('live');
    await createTopics(chat, peers.server.broker).ticks().publish(1);
    await client.chat.board({ id: 1 }).publish('hello');
    await client.chat.post({ room: 'hall', text: 'hi' });
    await client.chat.post.safe({ room: 'attic', text: 'hi' });
    await client.chat.sum(undefined, [1, 2, 3]);
    const waiting = client.chat.wait();
    await expect.poll(() => probe.started).toBe(1);
    const collected = await collect(reader);
    expect(collected).toEqual(await scrape(byPrometheus));
    expect(collected.size).toBeGreaterThan(40);
    expect(collected.get('trunkline_calls_running ')).toBe(1);
    expect(collected.get('trunkline_calls_total code=OK,kind=call,procedure=chat.post')).toBe(1);
    probe.answer.resolve('now');
    await waiting;
    for (const end of undo) end();
    byOpenTelemetry.close();
    await meterProvider.shutdown();
  });
});

it('has an instrument for each metric of the table, and reads none after its end', async () => {
  const made: string[] = [];
  const read = new Set<unknown>();
  const note = (title: string) => (made.push(title), { record: () => {} });
  const meter = {
    createObservableGauge: note,
    createObservableCounter: note,
    createHistogram: note,
    addBatchObservableCallback: (look: unknown) => void read.add(look),
    removeBatchObservableCallback: (look: unknown) => void read.delete(look),
  };
  const metrics = new ServerMetrics({ meterProvider: { getMeter: () => meter as never } });
  expect(made).toHaveLength(Object.keys(METRICS).length);
  expect(new Set(made).size).toBe(made.length);
  expect(made).toContain('trunkline.call.duration');
  expect(made).toContain('trunkline.outbox.bytes');
  expect(made).toContain('trunkline.limits.hit');
  expect(read.size).toBe(1);
  metrics.close();
  expect(read.size).toBe(0);
});
