import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { connect } from '@trunkline/client';
import { call, contract, stream, topic } from '@trunkline/contract';
import {
  traceClient,
  traceServer,
  type ServerTraceOptions,
} from '@trunkline/observe/opentelemetry';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement, MemoryBroker } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';

const chat = contract('chat', {
  post: call({ input: z.string(), output: z.string(), errors: { FULL: z.number() } }),
  hang: call({ output: z.string() }),
  fail: call({ output: z.string() }),
  ticks: stream({ down: z.number() }),
  rooms: topic({ params: z.object({ id: z.int() }), message: z.string(), public: true }),
  notes: topic({ message: z.string(), public: true, publish: 'client' }),
});

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

/** Counts spans that were started, so that one left open is seen. */
class CountingProcessor extends SimpleSpanProcessor {
  started = 0;

  override onStart(): void {
    this.started++;
  }
}

async function open(serverOptions: ServerTraceOptions = {}) {
  const exporter = new InMemorySpanExporter();
  const processor = new CountingProcessor(exporter);
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [processor] });
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const broker = new MemoryBroker({ runtime });
  const tracer = traceServer({ tracerProvider, ...serverOptions });
  const topics = createTopics(chat, broker, { tracer, runtime });
  const inner: (string | undefined)[] = [];
  const service = implement(chat, {
    post: async (text, handler) => {
      if (text === 'full') throw handler.error('FULL', 1);
      await Promise.resolve();
      inner.push(trace.getActiveSpan()?.spanContext().spanId);
      await topics.rooms({ id: 7 }).publish(text);
      return text;
    },
    hang: (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject())),
    fail: () => {
      throw new Error('canary');
    },
    async *ticks() {
      for (let n = 0; ; n++) {
        inner.push(trace.getActiveSpan()?.spanContext().spanId);
        yield n;
        await Promise.resolve();
      }
    },
    notes: { authorizePublish: () => true },
  });
  const server = createServer({
    services: [service],
    anonymous: true,
    broker,
    runtime,
    tracer,
    onError: () => {},
  });
  acceptInMemory(server, network);
  const client = connect('ws://memory', {
    contracts: { chat },
    tracer: traceClient({ tracerProvider }),
    dial: network.dial,
    runtime,
  });
  await client.connection.live();
  return {
    client,
    server,
    runtime,
    tracer: tracerProvider.getTracer('test'),
    inner,
    spans: () => exporter.getFinishedSpans(),
    /** Ends all; every span must have ended. */
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close();
      await broker.close();
      await runtime.settle();
      expect(exporter.getFinishedSpans()).toHaveLength(processor.started);
    },
  };
}

/** One line for each span: its kind and name, and the one that it is a child of. */
function tree(spans: readonly ReadableSpan[]): string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans.map(({ kind, name, parentSpanContext }) => {
    const parent = parentSpanContext && (names.get(parentSpanContext.spanId) ?? 'somebody');
    return `${SpanKind[kind]} ${name} < ${parent ?? 'nobody'}`;
  });
}

function find(spans: readonly ReadableSpan[], kind: SpanKind, name: string): ReadableSpan {
  const found = spans.find((span) => span.kind === kind && span.name === name);
  if (found === undefined) throw new Error(`no span ${name} in ${tree(spans).join('; ')}`);
  return found;
}

it('makes one trace of a call, what its handler publishes and the delivery', async () => {
  await using peers = await open();
  const { client, runtime, tracer, inner } = peers;
  const rooms = client.chat.rooms({ id: 7 }).subscribe({});
  await runtime.settle();
  expect(rooms.state.status).toBe('live');
  await tracer.startActiveSpan('click', async (click) => {
    await client.chat.post('hello');
    click.end();
  });
  await runtime.settle();
  const spans = peers.spans();
  expect(tree(spans).toSorted()).toEqual([
    'CLIENT chat.post < click',
    'CONSUMER deliver chat.rooms < publish chat.rooms',
    'INTERNAL click < nobody',
    'PRODUCER publish chat.rooms < chat.post',
    'SERVER chat.post < chat.post',
  ]);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  const served = find(spans, SpanKind.SERVER, 'chat.post');
  expect(inner).toEqual([served.spanContext().spanId]);
  const asked = find(spans, SpanKind.CLIENT, 'chat.post');
  expect(served.parentSpanContext).toMatchObject({
    spanId: asked.spanContext().spanId,
    isRemote: true,
  });
  expect(served.attributes).toEqual({
    'rpc.system': 'trunkline',
    'rpc.service': 'chat',
    'rpc.method': 'post',
    'trunkline.kind': 'call',
    'trunkline.session': expect.any(String),
  });
  const published = find(spans, SpanKind.PRODUCER, 'publish chat.rooms');
  expect(published.parentSpanContext?.spanId).toBe(served.spanContext().spanId);
  const delivered = find(spans, SpanKind.CONSUMER, 'deliver chat.rooms');
  expect(delivered.links.map((link) => link.context.spanId)).toEqual([
    published.spanContext().spanId,
  ]);
  expect(delivered.attributes).toEqual({
    'messaging.system': 'trunkline',
    'messaging.operation.name': 'deliver',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'chat.rooms',
    'trunkline.subscribers': 1,
  });
});

it('makes one trace of a publish of a client and its delivery, once for all subscribers', async () => {
  await using peers = await open();
  const { client, runtime } = peers;
  for (let n = 0; n < 3; n++) client.chat.notes().subscribe({});
  await runtime.settle();
  await client.chat.notes().publish('hi');
  expect(tree(peers.spans()).toSorted()).toEqual([
    'CLIENT chat.notes < nobody',
    'CONSUMER deliver chat.notes < publish chat.notes',
    'PRODUCER publish chat.notes < chat.notes',
    'SERVER chat.notes < chat.notes',
  ]);
});

it('goes on to each client that a topic message has reached, where the server tells them', async () => {
  await using peers = await open({ tellsClients: true });
  const { client, runtime } = peers;
  for (let n = 0; n < 3; n++) client.chat.notes().subscribe({});
  await runtime.settle();
  await client.chat.notes().publish('hi');
  const spans = peers.spans();
  const received = find(spans, SpanKind.CONSUMER, 'receive chat.notes');
  const published = find(spans, SpanKind.PRODUCER, 'publish chat.notes');
  expect(received.parentSpanContext?.spanId).toBe(published.spanContext().spanId);
  expect(received.links.map((link) => link.context.spanId)).toEqual([
    published.spanContext().spanId,
  ]);
  expect(spans).toHaveLength(5);
});

it('begins a trace of its own, linked to that of a client which is not trusted', async () => {
  await using peers = await open({ trust: false });
  await peers.client.chat.post('hello');
  const spans = peers.spans();
  const asked = find(spans, SpanKind.CLIENT, 'chat.post');
  const served = find(spans, SpanKind.SERVER, 'chat.post');
  expect(served.parentSpanContext).toBeUndefined();
  expect(served.spanContext().traceId).not.toBe(asked.spanContext().traceId);
  expect(served.links.map((link) => link.context.spanId)).toEqual([asked.spanContext().spanId]);
});

it('belongs to nothing that was active where the socket or the server was opened', async () => {
  const provider = new BasicTracerProvider();
  const upgrade = provider.getTracer('test').startSpan('upgrade');
  const peers = await context.with(trace.setSpan(context.active(), upgrade), () => open());
  await using _ = peers;
  await context.with(trace.deleteSpan(context.active()), () => peers.client.chat.post('hello'));
  expect(tree(peers.spans()).filter((line) => line.startsWith('CLIENT'))).toEqual([
    'CLIENT chat.post < nobody',
  ]);
  expect(tree(peers.spans()).filter((line) => line.startsWith('SERVER'))).toEqual([
    'SERVER chat.post < chat.post',
  ]);
});

it('runs each item of a generator within the span of its stream, which ends with it', async () => {
  await using peers = await open();
  const { client, runtime, inner } = peers;
  for await (const item of client.chat.ticks()) if (item === 2) break;
  await runtime.settle();
  const served = find(peers.spans(), SpanKind.SERVER, 'chat.ticks');
  expect(new Set(inner)).toEqual(new Set([served.spanContext().spanId]));
  expect(served.status.code).toBe(SpanStatusCode.UNSET);
  expect(served.attributes['trunkline.code']).toBe('CANCELLED');
  const asked = find(peers.spans(), SpanKind.CLIENT, 'chat.ticks');
  expect(asked.attributes).not.toHaveProperty('trunkline.code');
});

it('says by its status whether the server failed, and by a code how', async () => {
  await using peers = await open();
  const { client, runtime } = peers;
  await client.chat.post.safe('full');
  await client.chat.fail.safe();
  const late = client.chat.hang.safe(undefined, { deadlineMs: 10 });
  await runtime.advance(50);
  await late;
  const shown = peers.spans().map(({ kind, name, status, attributes }) => {
    return [SpanKind[kind], name, SpanStatusCode[status.code], attributes['trunkline.code']];
  });
  expect(shown.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
    ['CLIENT', 'chat.fail', 'ERROR', 'INTERNAL'],
    ['CLIENT', 'chat.hang', 'ERROR', 'DEADLINE'],
    ['CLIENT', 'chat.post', 'ERROR', 'FULL'],
    ['SERVER', 'chat.fail', 'ERROR', 'INTERNAL'],
    ['SERVER', 'chat.hang', 'ERROR', 'DEADLINE'],
    ['SERVER', 'chat.post', 'UNSET', 'FULL'],
  ]);
  expect(JSON.stringify(peers.spans().map((span) => [span.events, span.status]))).not.toContain(
    'canary',
  );
});

it('ends what is running when the session or the server ends', async () => {
  const peers = await open();
  const { client, runtime } = peers;
  const hanging = client.chat.hang.safe();
  const items = client.chat.ticks()[Symbol.asyncIterator]();
  await items.next();
  await runtime.settle();
  await peers[Symbol.asyncDispose]();
  await hanging;
  expect(tree(peers.spans()).toSorted()).toEqual([
    'CLIENT chat.hang < nobody',
    'CLIENT chat.ticks < nobody',
    'SERVER chat.hang < chat.hang',
    'SERVER chat.ticks < chat.ticks',
  ]);
});

it('makes nothing and sends nothing without an SDK', async () => {
  expect(traceClient().start('call', 'chat.post')?.context).toBeUndefined();
});
