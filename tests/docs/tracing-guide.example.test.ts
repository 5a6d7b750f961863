import { context, SpanKind } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { connect } from '@trunkline/client';
import { call, contract, topic } from '@trunkline/contract';
import { traceClient, traceServer } from '@trunkline/observe/opentelemetry';
import { createServer, createTopics, implement, MemoryBroker } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';

const shop = contract('shop', {
  order: call({ input: z.string(), output: z.int() }),
  orders: topic({ message: z.string(), public: true }),
});

it('makes one trace of a call, what it publishes and where that goes', async () => {
  // What an OpenTelemetry SDK sets up in a program of yours.
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

  const broker = new MemoryBroker();
  const tracer = traceServer({ tracerProvider });
  const topics = createTopics(shop, broker, { tracer });
  const service = implement(shop, {
    order: async (item) => {
      const { offset } = await topics.orders().publish(item);
      return offset;
    },
  });
  const server = createServer({ anonymous: true, services: [service], broker, tracer });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });

  const client = connect(`ws://127.0.0.1:${port}`, {
    contracts: { shop },
    tracer: traceClient({ tracerProvider }),
  });
  const orders = client.shop.orders().subscribe({});
  await expect.poll(() => orders.state.status).toBe('live');
  await orders.reached(await client.shop.order('tea'));

  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ kind, name }) => `${SpanKind[kind]} ${name}`)).toEqual([
    'CONSUMER deliver shop.orders',
    'PRODUCER publish shop.orders',
    'SERVER shop.order',
    'CLIENT shop.order',
  ]);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);

  client.close();
  await server.close();
  await broker.close();
  context.disable();
});
