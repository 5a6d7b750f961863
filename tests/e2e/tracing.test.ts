import { serve } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { createClientCalls, createTopics, implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { describeTransports, type OpenPeers } from '../support/peers.js';
import { RecordingTracer } from '../support/recording-tracer.js';

const SENT_AT = new Date(1_000);
const LIVE = ['live', 'live', 'live'];

async function setUp(open: OpenPeers) {
  const probe = createProbe();
  const tracer = new RecordingTracer();
  const services = [chatService(probe)];
  const peers = await open({ services, anonymous: true, tracer });
  const clientTracer = new RecordingTracer('client', tracer);
  const client = peers.connect({ contracts: { chat }, tracer: clientTracer });
  return { probe, tracer, peers, client };
}

describeTransports('traces', (open) => {
  it('go from the caller to the handler, which runs within the span', async () => {
    const tracer = new RecordingTracer();
    const seen: unknown[] = [];
    const note = (where: string): void => void seen.push([where, tracer.active?.what]);
    const service = implement(chat, {
      ...handlers(),
      post: async (input, context) => {
        seen.push(context.trace);
        note('handler');
        await Promise.resolve();
        note('later');
        return { ...input, sentAt: SENT_AT };
      },
      async *count() {
        note('generator');
        yield 1;
        await Promise.resolve();
        note('second item');
        yield 2;
      },
    });
    const guard = (): boolean => (note('guard'), true);
    await using peers = await open({
      services: [service],
      anonymous: true,
      tracer,
      guards: [guard],
    });
    const client = peers.connect({
      contracts: { chat },
      tracer: new RecordingTracer('client', tracer),
    });
    await client.connection.live();
    seen.length = 0;
    await client.chat.post({ room: 'hall', text: 'hi' });
    for await (const _ of client.chat.count({ to: 2 }));
    const traceParent = expect.stringMatching(/^00-[0-9a-f]{32}-0{15}1-01$/);
    expect(seen).toEqual([
      ['guard', 'served call chat.post'],
      { traceParent, traceState: 'test=1' },
      ['handler', 'served call chat.post'],
      ['later', 'served call chat.post'],
      ['guard', 'served stream chat.count'],
      ['generator', 'served stream chat.count'],
      ['second item', 'served stream chat.count'],
    ]);
    expect(tracer.lines).toEqual([
      'client call chat.post < nobody: ok',
      'served call chat.post < client call chat.post: ok',
      'client stream chat.count < nobody: ok',
      'served stream chat.count < client stream chat.count: ok',
    ]);
  });

  it('are seen by the guards of a publish', async () => {
    const seen: unknown[] = [];
    const note = (context: object): true => {
      if ('kind' in context && context.kind === 'publish' && 'trace' in context) {
        seen.push(context.trace);
      }
      return true;
    };
    const services = [chatService(createProbe())];
    await using peers = await open({ services, anonymous: true, guards: [note] });
    const tracer = new RecordingTracer();
    const client = peers.connect({ contracts: { chat }, tracer });
    await client.chat.board({ id: 1 }).publish('hello');
    expect(seen).toMatchObject([{ traceParent: expect.stringMatching(/^00-/) as string }]);
  });

  it('go on from a publish of a client to its delivery', async () => {
    const { tracer, peers, client } = await setUp(open);
    await using _ = peers;
    const got: string[] = [];
    const first = client.chat.board({ id: 1 }).subscribe({ message: (text) => got.push(text) });
    await expect.poll(() => first.state.status).toBe('live');
    const { offset } = await client.chat.board({ id: 1 }).publish('hello');
    await first.reached(offset);
    expect(tracer.lines).toEqual([
      'client publish chat.board < nobody: ok',
      'served publish chat.board < client publish chat.board: ok',
      'server publish chat.board < served publish chat.board: ok',
      'deliver chat.board to 1 < server publish chat.board: ok',
    ]);
    expect(got).toEqual(['hello']);
  });

  it('go on to the subscribers of each client, where the server tells them', async () => {
    const tracer = new RecordingTracer();
    const told = Object.assign(tracer, { tellsClients: true });
    await using peers = await open({ services: [chatService()], anonymous: true, tracer: told });
    const traced = { contracts: { chat }, tracer: new RecordingTracer('client', tracer) };
    const clients = [traced, traced, { contracts: { chat } }].map((one) => peers.connect(one));
    const got: number[][] = [[], [], []];
    const ticks = clients.map((client, index) => {
      return client.chat.ticks().subscribe({ message: (tick) => got[index]?.push(tick) });
    });
    await expect.poll(() => ticks.map(({ state }) => state.status)).toEqual(LIVE);
    const topics = createTopics(chat, peers.server.broker, { tracer });
    const { offset } = await topics.ticks().publish(7);
    await Promise.all(ticks.map((one) => one.reached(offset)));
    expect(got).toEqual([[7], [7], [7]]);
    expect(tracer.lines).toEqual([
      'server publish chat.ticks < nobody: ok',
      'deliver chat.ticks to 3 < server publish chat.ticks: ok',
      'receive chat.ticks < server publish chat.ticks: ok',
      'receive chat.ticks < server publish chat.ticks: ok',
    ]);
  });

  it('begin with a publish of the server itself', async () => {
    const { tracer, peers, client } = await setUp(open);
    await using _ = peers;
    const ticks = client.chat.ticks().subscribe({});
    await expect.poll(() => ticks.state.status).toBe('live');
    const topics = createTopics(chat, peers.server.broker, { tracer });
    const { offset } = await topics.ticks().publish(7);
    await ticks.reached(offset);
    await expect(topics.ticks().publish('seven' as never)).rejects.toThrow('cannot publish');
    expect(tracer.lines).toEqual([
      'server publish chat.ticks < nobody: ok',
      'deliver chat.ticks to 1 < server publish chat.ticks: ok',
      'server publish chat.ticks < nobody: INVALID_INPUT',
    ]);
  });

  it('go from a handler to the client that it calls', async () => {
    const tracer = new RecordingTracer();
    const seen: unknown[] = [];
    const desk = contract('desk', {
      remove: call({ output: z.boolean() }),
      client: { confirm: call({ output: z.boolean() }) },
    });
    const service = implement(desk, {
      remove: async (_, { session }) => {
        const client = createClientCalls(desk, session);
        await client.confirm().catch(() => {});
        return client.confirm();
      },
    });
    const confirm = (_: undefined, { trace }: { readonly trace: unknown }): boolean => {
      if (seen.push(trace) === 1) throw new Error('not now');
      return true;
    };
    await using peers = await open({ services: [service], anonymous: true, tracer });
    const handlers = [serve(desk, { confirm })];
    const client = peers.connect({ contracts: { desk }, handlers, onError: () => {} });
    await client.desk.remove();
    expect(tracer.lines).toEqual([
      'served call desk.remove < nobody: ok',
      'server call desk.confirm < served call desk.remove: INTERNAL',
      'server call desk.confirm < served call desk.remove: ok',
    ]);
    expect(seen).toMatchObject([{ traceState: 'test=1' }, { traceState: 'test=1' }]);
  });
});

function handlers() {
  return {
    wait: () => 'at once',
    echo: (value: unknown) => value,
    blob: (bytes: Uint8Array<ArrayBuffer>) => bytes,
    broken: () => 1,
    sum: () => 1,
    async *double() {
      yield* [];
      return { items: 0 };
    },
    board: { authorizePublish: () => true },
  };
}
