import { expect, it } from 'vitest';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { describeTransports, type OpenPeers } from '../support/peers.js';
import { RecordingTracer } from '../support/recording-tracer.js';

async function setUp(open: OpenPeers, limits: { readonly detachedMs?: number } = {}) {
  const probe = createProbe();
  const tracer = new RecordingTracer();
  const services = [chatService(probe)];
  const peers = await open({ services, anonymous: true, tracer, limits });
  const clientTracer = new RecordingTracer('client', tracer);
  const client = peers.connect({ contracts: { chat }, tracer: clientTracer });
  return { probe, tracer, peers, client };
}

/** Every span has ended once. */
function expectEnded({ spans }: RecordingTracer): void {
  expect(spans.filter(({ ends }) => ends.length !== 1)).toEqual([]);
}

describeTransports('spans', (open) => {
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

  it('end with a session that is lost, and with a server that is drained', async () => {
    const settle = ({ chat: own }: typeof client) => {
      return Promise.allSettled([own.wait(), collect(own.double(undefined, endless()))]);
    };
    const { tracer, peers, client, probe } = await setUp(open, { detachedMs: 0 });
    await using _ = peers;
    const lost = settle(client);
    await expect.poll(() => probe.started).toBe(1);
    await expect.poll(() => tracer.spans.length).toBe(4);
    peers.cut();
    await peers.restore();
    await lost;
    await expect.poll(() => tracer.open).toEqual([]);
    const more = settle(client);
    await expect.poll(() => probe.started).toBe(2);
    await expect.poll(() => tracer.spans.length).toBe(8);
    const drained = peers.server.drain({ windowMs: 10 });
    await peers.restore();
    await drained;
    client.close();
    await more;
    probe.answer.resolve('late');
    await expect.poll(() => peers.server.counts.calls).toBe(0);
    expect(tracer.open).toEqual([]);
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

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* endless(): AsyncGenerator<number> {
  await new Promise(() => {});
  yield 1;
}
