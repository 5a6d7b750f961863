import { serve } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { createClientCalls, createTopics, implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { bind, call as callMessage } from '../support/messages.js';
import { describeTransports, type OpenPeers } from '../support/peers.js';
import { openRawHost } from '../support/raw-peer.js';
import { RecordingTracer } from '../support/recording-tracer.js';

const SENT_AT = new Date(1_000);
const LIVE = ['live', 'live', 'live'];

async function setUp(open: OpenPeers) {
  const probe = createProbe();
  const tracer = new RecordingTracer();
  const peers = await open({ services: [chatService(probe)], anonymous: true, tracer });
  const clientTracer = new RecordingTracer('client', tracer);
  const client = peers.connect({ contracts: { chat }, tracer: clientTracer });
  return { probe, tracer, peers, client };
}

/** Every span has ended once. */
function expectEnded({ spans }: RecordingTracer): void {
  expect(spans.filter(({ ends }) => ends.length !== 1)).toEqual([]);
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

  it('end with the code of a failure', async () => {
    const { tracer, peers, client } = await setUp(open);
    await using _ = peers;
    await client.chat.post.safe({ room: 'attic', text: 'x' });
    await client.chat.post.safe({ room: 'hall', text: '' });
    await client.chat.broken.safe();
    await client.chat
      .board({ id: 13 })
      .publish('no')
      .catch(() => {});
    expect(tracer.spans.map(({ what, ends }) => [what, ...ends])).toEqual([
      ['client call chat.post', 'ROOM_CLOSED'],
      ['served call chat.post', 'ROOM_CLOSED'],
      ['client call chat.post', 'INVALID_INPUT'],
      ['served call chat.post', 'INVALID_INPUT'],
      ['client call chat.broken', 'INTERNAL'],
      ['served call chat.broken', 'INTERNAL'],
      ['client publish chat.board', 'DENIED'],
      ['served publish chat.board', 'DENIED'],
    ]);
  });

  it('end when a call is withdrawn, though its handler goes on', async () => {
    const { tracer, peers, client, probe } = await setUp(open);
    await using _ = peers;
    const controller = new AbortController();
    const waiting = client.chat.wait(undefined, { signal: controller.signal });
    await expect.poll(() => probe.started).toBe(1);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => tracer.open).toEqual([]);
    probe.answer.resolve('late');
    await expect.poll(() => peers.server.counts.calls).toBe(0);
    expectEnded(tracer);
    expect(tracer.lines).toEqual([
      'client call chat.wait < nobody: CANCELLED',
      'served call chat.wait < client call chat.wait: CANCELLED',
    ]);
  });

  it('end when a stream is left, fails, and with its items', async () => {
    const { tracer, peers, client } = await setUp(open);
    await using _ = peers;
    for await (const item of client.chat.count({ to: 1_000 })) if (item === 3) break;
    await client.chat.sum.safe(undefined, [1, -1]);
    await client.chat.sum(undefined, [1, 2]);
    const doubled = client.chat.double(undefined, [1, 2]);
    for await (const _item of doubled);
    await expect.poll(() => tracer.open).toEqual([]);
    expectEnded(tracer);
    expect(tracer.spans.map(({ what, ends }) => [what, ...ends])).toEqual([
      ['client stream chat.count', 'ok'],
      ['served stream chat.count', 'CANCELLED'],
      ['client stream chat.sum', 'DENIED'],
      ['served stream chat.sum', 'DENIED'],
      ['client stream chat.sum', 'ok'],
      ['served stream chat.sum', 'ok'],
      ['client stream chat.double', 'ok'],
      ['served stream chat.double', 'ok'],
    ]);
  });

  it('end with the client and with the server', async () => {
    const { tracer, peers, client, probe } = await setUp(open);
    await using _ = peers;
    const lost = [client.chat.wait(), collect(client.chat.double(undefined, endless()))];
    await expect.poll(() => probe.started).toBe(1);
    await expect.poll(() => tracer.spans.length).toBe(4);
    client.close();
    await Promise.allSettled(lost);
    await expect.poll(() => tracer.open).toEqual([]);
    const other = peers.connect({ contracts: { chat }, reconnect: { minMs: 1, maxMs: 20 } });
    const waiting = other.chat.wait.safe();
    await expect.poll(() => probe.started).toBe(2);
    await peers.server.close();
    expect(tracer.open).toEqual([]);
    other.close();
    await waiting;
    probe.answer.resolve('late');
    await expect.poll(() => peers.server.counts.calls).toBe(0);
    expectEnded(tracer);
  });

  it('fail without harm to what a client receives', async () => {
    const tracer = Object.assign(new RecordingTracer(), { tellsClients: true });
    await using peers = await open({ services: [chatService()], anonymous: true, tracer });
    const errors: unknown[] = [];
    const fault = (): never => {
      throw new RangeError('the tracer failed');
    };
    const client = peers.connect({
      contracts: { chat },
      tracer: { start: fault, receive: fault },
      onError: (error) => errors.push(error),
    });
    const got: string[] = [];
    const board = client.chat.board({ id: 1 }).subscribe({ message: (text) => got.push(text) });
    await expect.poll(() => board.state.status).toBe('live');
    const { offset } = await client.chat.board({ id: 1 }).publish('hello');
    await board.reached(offset);
    expect(got).toEqual(['hello']);
    expect(errors).toEqual([expect.any(RangeError), expect.any(RangeError)]);
  });

  it('fail without harm to what they trace', async () => {
    const fault = (): never => {
      throw new Error('the tracer failed');
    };
    const span = { context: { traceParent: 'nonsense' }, run: fault, end: fault };
    const tracers = [
      { start: fault, serve: fault, deliver: fault },
      { start: () => span, serve: () => span, deliver: () => span },
      { start: () => span, serve: () => ({ ...span, run: () => {} }), deliver: () => undefined },
    ];
    for (const tracer of tracers) {
      await using peers = await open({ services: [chatService()], anonymous: true, tracer });
      const client = peers.connect({ contracts: { chat } });
      const got: string[] = [];
      const board = client.chat.board({ id: 1 }).subscribe({ message: (text) => got.push(text) });
      await expect.poll(() => board.state.status).toBe('live');
      await client.chat.post({ room: 'hall', text: 'hi' });
      expect(await collect(client.chat.count({ to: 3 }))).toEqual([0, 1, 2]);
      const { offset } = await client.chat.board({ id: 1 }).publish('hello');
      await board.reached(offset);
      expect(got).toEqual(['hello']);
      expect(new Set(peers.failures.map(({ where }) => where))).toEqual(new Set(['tracer']));
    }
  });
});

const SPAN = 'b7ad6b7169203331';
const PARENT = `00-0af7651916cd43dd8448eb211c80319c-${SPAN}-01`;

it.each([
  ['a trace of this protocol', { traceParent: PARENT, traceState: 'a=1' }, SPAN, 'a=1'],
  ['a trace parent alone', { traceParent: PARENT }, SPAN, undefined],
  ['a malformed trace state', { traceParent: PARENT, traceState: '\u0000=,' }, SPAN, undefined],
  ['a malformed trace parent', { traceParent: 'x'.repeat(64), traceState: 'a=1' }, undefined],
  ['an empty trace parent', { traceParent: '', traceState: 'a=1' }, undefined],
  ['a trace of zeros', { traceParent: PARENT.replace(SPAN, '0'.repeat(16)) }, undefined],
  ['a trace state alone', { traceState: 'a=1' }, undefined],
])(
  'answers a call that brings %s, and believes what is well-formed',
  async (_, ext, ...expected) => {
    const tracer = new RecordingTracer();
    const seen: unknown[] = [];
    const guard = (context: { kind: string; trace?: unknown }): boolean => {
      if (context.kind === 'call') seen.push(context.trace);
      return true;
    };
    const options = {
      services: [chatService()],
      anonymous: true,
      guards: [guard as never],
    } as const;
    await using host = openRawHost({ ...options, tracer });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'chat.echo'), { ...callMessage(0, 0, 'hi'), ...ext });
    expect(peer.of('RESULT')).toHaveLength(1);
    const [span, traceState] = expected;
    expect(tracer.spans.map(({ parent }) => parent)).toEqual([span]);
    const trace = { traceParent: PARENT, ...(traceState !== undefined && { traceState }) };
    expect(seen).toEqual([span === undefined ? undefined : trace]);
    expect(host.failures).toEqual([]);
  },
);

it.each([
  ['a trace parent', { traceParent: 'x'.repeat(65) }],
  ['a trace state', { traceState: 'x'.repeat(513) }],
])('closes on %s that is longer than allowed', async (_, ext) => {
  await using host = openRawHost({ services: [chatService()], anonymous: true });
  const peer = host.connect();
  await peer.hello();
  await peer.send(bind(0, 'chat.echo'), { ...callMessage(0, 0, 'hi'), ...ext });
  expect(peer.closed).toMatchObject({ code: 4400 });
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* endless(): AsyncGenerator<number> {
  await new Promise(() => {});
  yield 1;
}

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
