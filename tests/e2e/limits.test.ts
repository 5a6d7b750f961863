import { WIRE_DEFAULTS, type Message } from '@trunkline/protocol';
import { createTopics, MEMORY_BROKER_LIMITS, MemoryBroker } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { bind, call, subscribe } from '../support/messages.js';
import { openRawHost, payloadOf } from '../support/raw-peer.js';

describe('limits of a server', () => {
  it('are listed with value, unit, scope, excess and reason', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { callsInFlight: 7 },
    });
    const rows = host.server.limits.list();
    expect(rows.find(({ name }) => name === 'callsInFlight')).toMatchObject({
      value: 7,
      onExcess: 'BUSY',
    });
    for (const row of rows) {
      expect(row.scope && row.onExcess && row.reason && row.unit).toBeTruthy();
      expect(Number.isSafeInteger(row.value)).toBe(true);
    }
  });

  it('are listed with those of the memory broker where the server has made it', async () => {
    const options = { anonymous: true as const, services: [chatService()] };
    await using host = openRawHost(options);
    await using withBroker = openRawHost({ ...options, broker: new MemoryBroker() });
    const names = ({ server }: typeof host) => server.limits.list().map(({ name }) => name);
    expect(names(host).filter((name) => !names(withBroker).includes(name))).toEqual(
      Object.keys(MEMORY_BROKER_LIMITS),
    );
    expect(new Set(names(host)).size).toBe(names(host).length);
  });

  it('refuse a name that does not exist and a value that is none', () => {
    const options = { anonymous: true as const, services: [chatService()] };
    expect(() => openRawHost({ ...options, limits: { callInFlight: 1 } as never })).toThrow(
      /^unknown limit "callInFlight": did you mean "callsInFlight"\?$/,
    );
    expect(() => openRawHost({ ...options, limits: { callsInFlight: -1 } })).toThrow(
      /whole number/,
    );
  });

  it('hold running calls: one more is BUSY and never runs', async () => {
    const probe = createProbe();
    await using host = openRawHost({
      anonymous: true,
      services: [chatService(probe)],
      limits: { callsInFlight: 2 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'chat.wait'), call(0, 0), call(2, 0), call(4, 0));
    expect(peer.of('ERROR')).toMatchObject([{ id: 4, code: 'BUSY', executed: 'no' }]);
    expect(probe.started).toBe(2);
    probe.answer.resolve('done');
    await host.runtime.settle();
    await peer.send(call(4, 0));
    expect(peer.of('RESULT').map(({ id }) => id)).toEqual([0, 2, 4]);
  });

  it('hold streams: one more is BUSY', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { streams: 1 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'chat.sum', 'stream'), call(0, 0), call(2, 0));
    expect(peer.of('ERROR')).toMatchObject([{ id: 2, code: 'BUSY', executed: 'no' }]);
  });

  it('hold subscriptions: one more is ended with BUSY', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { subscriptions: 1 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(
      subscribe(0, 'chat.ticks'),
      subscribe(1, 'chat.messages', { params: { room: 'a' } }),
    );
    expect(peer.of('SUBSCRIBED')).toMatchObject([{ sub: 0, state: 'fresh' }]);
    expect(peer.of('ENDED')).toMatchObject([{ sub: 1, code: 'BUSY' }]);
  });

  it('hold the bytes of an input, to the byte', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { valueInBytes: 100 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(
      bind(0, 'chat.blob'),
      call(0, 0, new Uint8Array(100)),
      call(2, 0, new Uint8Array(101)),
    );
    expect(peer.of('RESULT')).toMatchObject([{ id: 0 }]);
    expect(peer.of('ERROR')).toMatchObject([{ id: 2, code: 'TOO_LARGE', executed: 'no' }]);
  });

  it('hold the rate of publishes, and say when to try again', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { publishRate: 10, publishBurst: 2 },
    });
    const peer = host.connect();
    await peer.hello();
    const publish = (id: number): Message => call(id, 0, { params: { id: 1 }, message: 'x' });
    await peer.send(bind(0, 'chat.board', 'publish'), publish(0), publish(2), publish(4));
    expect(peer.of('RESULT').map(({ published }) => published?.offset)).toEqual([1, 2]);
    expect(peer.of('ERROR')).toMatchObject([
      { id: 4, code: 'RATE', executed: 'no', retryAfterMs: 100 },
    ]);
    await host.runtime.advance(100);
    await peer.send(publish(4));
    expect(peer.of('RESULT')).toHaveLength(3);
  });

  it('hold the publishers of a session to the first one that it names', async () => {
    await using host = openRawHost({ anonymous: true, services: [chatService()] });
    const publish = (id: number, publisher?: string): Message => ({
      ...call(id, 0, { params: { id: 1 }, message: 'x' }),
      ...(publisher !== undefined && { publishId: { publisher, counter: id + 1 } }),
    });
    const [peer, other] = [host.connect(), host.connect()];
    await peer.hello();
    await peer.send(bind(0, 'chat.board', 'publish'));
    await peer.send(publish(0), publish(2, 'p'), publish(4, 'q'), publish(6, 'p'), publish(8));
    expect(peer.of('RESULT').map(({ id }) => id)).toEqual([0, 2, 6, 8]);
    expect(peer.of('ERROR')).toMatchObject([
      {
        id: 4,
        code: 'INVALID_INPUT',
        executed: 'no',
        message: expect.stringMatching(/^one publisher per session/),
      },
    ]);
    await other.hello();
    await other.send(bind(0, 'chat.board', 'publish'), publish(0, 'q'));
    expect(other.of('RESULT')).toHaveLength(1);
  });

  it('hold the rate of subscribes: more closes with 4429', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { subscribeBurst: 2 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(subscribe(0, 'chat.ticks'), { kind: 'UNSUBSCRIBE', sub: 0 });
    expect(peer.closed).toBeUndefined();
    await peer.send(subscribe(1, 'chat.ticks'));
    expect(peer.closed).toEqual({ code: 4429, reason: '5000' });
  });

  it('hold the sessions of one principal: one more closes with 4429', async () => {
    await using host = openRawHost({
      authenticate: ({ token }) => ({ principal: token, user: undefined }),
      services: [chatService()],
      limits: { principalSessions: 1 },
    });
    const [first, second, other] = [host.connect(), host.connect(), host.connect()];
    await first.hello('ann');
    await second.hello('ann');
    await other.hello('bob');
    expect(second.closed?.code).toBe(4429);
    expect(other.of('WELCOME')).toHaveLength(1);
    host.network.connections[0]?.cut();
    await host.runtime.settle();
    const again = host.connect();
    await again.hello('ann');
    expect(again.of('WELCOME')).toHaveLength(1);
  });

  it('end a session when its authentication ends', async () => {
    const expiresAt = new Date(Date.UTC(2026, 0, 1) + 60_000);
    await using host = openRawHost({
      authenticate: () => ({ principal: 'ann', user: undefined, expiresAt }),
      services: [chatService()],
    });
    const peer = host.connect();
    await peer.hello();
    for (let second = 0; second < 59; second++) {
      await host.runtime.advance(1_000);
      await peer.send({ kind: 'PING', value: second });
    }
    expect(peer.closed).toBeUndefined();
    await host.runtime.advance(1_000);
    expect(peer.closed).toEqual({ code: 4401, reason: 'expired' });
  });
});

describe('a reader that takes nothing', () => {
  const big = 'x'.repeat(2_000);

  function publishing() {
    const broker = new MemoryBroker();
    return { broker, room: createTopics(chat, broker).messages({ room: 'a' }) };
  }

  it('gets what was kept meanwhile and a gap with the reason slow for the rest', async () => {
    const { broker, room } = publishing();
    await using host = openRawHost({ anonymous: true, broker, services: [chatService()] });
    const peer = host.connect();
    await peer.hello();
    await peer.send(subscribe(0, 'chat.messages', { params: { room: 'a' } }));
    host.network.latest.hold('server');
    for (let n = 0; n < 2_000; n++)
      await room.publish({ room: 'a', text: big, sentAt: new Date(n) });
    await host.runtime.settle();
    host.network.latest.release('server');
    await host.runtime.settle();
    const offsets = peer.of('MESSAGE').map(({ offset }) => offset);
    const [gap] = peer.of('GAP');
    expect(gap).toMatchObject({ reason: 'slow', to: 1_990 });
    const before = (gap?.from ?? 0) - 1;
    expect(offsets).toEqual([
      ...Array.from({ length: before }, (_, n) => n + 1),
      ...Array.from({ length: 10 }, (_, n) => 1_991 + n),
    ]);
    // What was held for it: the outbox, and what is written ahead.
    expect(before * 2_100).toBeLessThan(1_048_576 + WIRE_DEFAULTS.writeAheadBytes * 2);
  });

  it('is closed with 4508 when it has taken nothing for 10 s', async () => {
    const { broker, room } = publishing();
    await using host = openRawHost({ anonymous: true, broker, services: [chatService()] });
    const peer = host.connect();
    await peer.hello();
    await peer.send(subscribe(0, 'chat.messages', { params: { room: 'a' } }));
    host.network.latest.hold('server');
    for (let n = 0; n < 1_000; n++)
      await room.publish({ room: 'a', text: big, sentAt: new Date(n) });
    await host.runtime.settle();
    await host.runtime.advance(9_999);
    expect(host.server.counts.connections).toBe(1);
    await host.runtime.advance(1);
    expect(host.server.counts.connections).toBe(0);
    host.network.latest.release('server');
    await host.runtime.settle();
    expect(peer.closed?.code).toBe(4508);
  });

  it('is refused new calls with BUSY while it has not acknowledged too many results', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { heldBytes: 300_000, heldMaxBytes: 600_000 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'chat.blob'));
    host.network.latest.hold('server');
    for (let n = 0; n < 4; n++) await peer.send(call(n * 2, 0, new Uint8Array(120_000)));
    host.network.latest.release('server');
    await host.runtime.settle();
    expect(peer.of('RESULT')).toHaveLength(3);
    expect(peer.of('ERROR')).toMatchObject([{ id: 6, code: 'BUSY', executed: 'no' }]);
    await peer.send(call(6, 0, payloadOf(1).bytes));
    expect(peer.of('ERROR')).toHaveLength(2);
    await peer.acknowledge();
    await peer.send(call(6, 0, payloadOf(1).bytes));
    expect(peer.of('RESULT')).toHaveLength(4);
  });
});

describe('calls that fail by the fault of the client', () => {
  it('close with 4429 when there are too many, also where a guard takes its time', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      guards: [(context) => Promise.resolve(context.kind === 'connect')],
      limits: { faultBurst: 3 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'chat.echo'), ...[0, 2, 4].map((id) => call(id, 0)));
    expect(peer.of('ERROR').map(({ code }) => code)).toEqual(['DENIED', 'DENIED', 'DENIED']);
    expect(peer.closed).toBeUndefined();
    await peer.send(call(0, 0));
    expect(peer.closed).toEqual({ code: 4429, reason: '5000' });
  });

  it('keep their code when too many results are waiting', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { heldBytes: 1, heldMaxBytes: 1 },
    });
    const peer = host.connect();
    await peer.hello();
    await peer.send(bind(0, 'chat.post'), call(0, 0, { room: 'attic', text: 'x' }));
    expect(peer.of('ERROR')).toMatchObject([{ code: 'ROOM_CLOSED', executed: 'yes' }]);
    await peer.acknowledge();
    await peer.send(call(2, 0, { room: 'lobby', text: 'x' }));
    expect(peer.of('ERROR')[1]).toMatchObject({ id: 2, code: 'OVERLOADED', executed: 'yes' });
  });
});
