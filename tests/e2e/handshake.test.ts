import { encodeBatch, Writer } from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, type Authenticate } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { describe, expect, it, vi } from 'vitest';
import { chatService } from '../support/chat-service.js';
import { createDeferred, type Deferred } from '../support/deferred.js';
import { bind, call, subscribe } from '../support/messages.js';
import { openRawHost, payloadOf, RawPeer, type RawHost } from '../support/raw-peer.js';

const ADA = { principal: 'ada', user: {} } as never;
const ACK = encodeBatch(new Writer(), { ack: 0 }, []);

function openHost(authenticate: unknown, limits = {}): RawHost {
  return openRawHost({
    services: [chatService()],
    authenticate: authenticate as Authenticate,
    limits,
  });
}

/** Authentications that a test settles one by one, in the order in which they began. */
function stepwise() {
  const begun: { token: string; verdict: Deferred<never> }[] = [];
  const authenticate: Authenticate = ({ token }) => {
    const verdict = createDeferred<never>();
    begun.push({ token, verdict });
    return verdict.promise;
  };
  return { begun, authenticate };
}

describe('before WELCOME', () => {
  it.each([
    ['HELLO', { ack: 5 }],
    ['HELLO', { ack: 0 }],
    ['RESUME', { ack: 0 }],
    ['HELLO', { now: true }],
  ])('refuses a %s with the head %o', async (kind, head) => {
    await using host = openHost(stepwise().authenticate);
    const peer = host.connect();
    const hello = { kind, features: 0, agent: '', token: '', revisions: [] };
    const resume = { session: '', attach: 2, secret: new Uint8Array(0), rx: 0, first: 1 };
    const message = { ...hello, ...resume } as never;
    await peer.bytes(encodeBatch(new Writer(), head, [message]));
    expect(peer.closed).toMatchObject({ code: 4400 });
    expect(peer.received).toEqual([]);
  });

  it('refuses a WebSocket message without a byte', async () => {
    await using host = openHost(stepwise().authenticate);
    const peer = host.connect();
    await peer.hello();
    await peer.bytes(new Uint8Array(0));
    expect(peer.closed).toMatchObject({ code: 4400, reason: 'truncated' });
  });

  it('counts what a batch costs to hold, however small it is', async () => {
    await using host = openHost(stepwise().authenticate);
    const peer = host.connect();
    await peer.hello();
    for (let count = 0; count < 100; count++) await peer.bytes(ACK);
    expect(peer.closed).toBeUndefined();
    for (let count = 0; count < 30; count++) await peer.bytes(ACK);
    expect(peer.closed).toMatchObject({ code: 4400 });
  });

  it('pings nobody, and takes PING, PONG and acknowledgements without an answer', async () => {
    const { begun, authenticate } = stepwise();
    const beat = { idleMs: 100, deadMs: 400, busyIdleMs: 100, busyDeadMs: 400 };
    await using host = openHost(authenticate, beat);
    const peer = host.connect();
    await peer.hello();
    await peer.send({ kind: 'PING', value: 7 });
    await peer.send({ kind: 'PONG', value: 8 });
    await peer.bytes(ACK);
    await host.runtime.advance(10_000);
    expect(peer.closed).toBeUndefined();
    expect(peer.received).toEqual([]);
    begun[0]?.verdict.resolve(ADA);
    await host.runtime.settle();
    expect(peer.received.map(({ kind }) => kind)).toEqual(['WELCOME', 'PONG']);
  });
});

describe('authenticate', () => {
  it.each([undefined, null, false])('asks for another token with %s', async (given) => {
    await using host = openHost(() => given);
    const peer = host.connect();
    await peer.hello();
    expect(peer.received).toEqual([]);
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'token refused' });
  });

  it.each([
    ['true', true],
    ['a name', 'ada'],
    ['an object without a principal', {}],
    ['an empty principal', { principal: '', user: {} }],
    ['a number for a principal', { principal: 7, user: {} }],
    ['an end that is text', { principal: 'ada', user: {}, expiresAt: '2999-01-01' }],
    ['an end that is no time', { principal: 'ada', user: {}, expiresAt: new Date(Number.NaN) }],
  ])('lets nobody in by %s, which is reported', async (_name, given) => {
    await using host = openHost(() => given);
    const peer = host.connect();
    await peer.hello();
    expect(peer.received).toEqual([]);
    expect(peer.closed).toMatchObject({ code: 1001 });
    expect(host.failures).toEqual([
      expect.objectContaining({ where: 'authenticate', error: expect.any(TypeError) }),
    ]);
  });

  it('lets nobody in whose token has ended already', async () => {
    await using host = openRawHost({
      services: [chatService()],
      authenticate: () => ({ principal: 'ada', user: {}, expiresAt: new Date(0) }) as never,
    });
    const peer = host.connect();
    await peer.hello();
    expect(peer.received).toEqual([]);
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'expired' });
    expect(host.failures).toEqual([]);
  });

  it('is not called for who left while waiting', async () => {
    const { begun, authenticate } = stepwise();
    await using host = openHost(authenticate, { authRunning: 1 });
    const peers = [host.connect(), host.connect(), host.connect()];
    for (const [index, peer] of peers.entries()) await peer.hello(`t${index}`);
    host.network.connections[1]?.cut();
    await host.runtime.settle();
    begun[0]?.verdict.resolve(ADA);
    await host.runtime.settle();
    begun[1]?.verdict.resolve(ADA);
    await host.runtime.settle();
    expect(begun.map(({ token }) => token)).toEqual(['t0', 't2']);
    expect(peers[2]?.of('WELCOME')).toHaveLength(1);
    expect(host.failures).toEqual([]);
  });

  it('holds its place until it settles, and who waits too long is told to come later', async () => {
    const { begun, authenticate } = stepwise();
    await using host = openHost(authenticate, { authRunning: 1, authMs: 1_000 });
    const [first, second] = [host.connect(), host.connect()];
    await first.hello('first');
    await second.hello('second');
    await host.runtime.advance(1_000);
    expect(first.closed).toMatchObject({ code: 1001 });
    expect(second.closed).toMatchObject({ code: 1001 });
    const third = host.connect();
    await third.hello('third');
    expect(begun).toHaveLength(1);
    begun[0]?.verdict.resolve(ADA);
    await host.runtime.settle();
    begun[1]?.verdict.resolve(ADA);
    await host.runtime.settle();
    expect(begun.map(({ token }) => token)).toEqual(['first', 'third']);
    expect(third.of('WELCOME')).toHaveLength(1);
  });

  it('loses its place to another one when it does not settle for a minute', async () => {
    const { begun, authenticate } = stepwise();
    await using host = openHost(authenticate, { authRunning: 1 });
    await host.connect().hello('first');
    await host.runtime.advance(59_999);
    await host.connect().hello('second');
    expect(begun.map(({ token }) => token)).toEqual(['first']);
    await host.runtime.advance(1);
    const third = host.connect();
    await third.hello('third');
    expect(begun.map(({ token }) => token)).toEqual(['first', 'second']);
    expect(host.failures).toContainEqual(
      expect.objectContaining({
        where: 'authenticate',
        error: new Error('it has not settled within 60000 ms, and has lost its place'),
      }),
    );
    begun[0]?.verdict.resolve(ADA);
    begun[1]?.verdict.resolve(ADA);
    await host.runtime.settle();
    expect(begun.map(({ token }) => token)).toEqual(['first', 'second', 'third']);
    begun[2]?.verdict.resolve(ADA);
    await host.runtime.settle();
    expect(third.of('WELCOME')).toHaveLength(1);
  });
});

describe('a session', () => {
  it('refuses params of a topic that are too large, before they are read', async () => {
    await using host = openHost(() => ADA);
    const peer = host.connect();
    await peer.hello();
    await peer.send(subscribe(0, 'chat.messages', { params: { room: 'x'.repeat(20_000) } }));
    expect(peer.of('ENDED')).toMatchObject([
      { sub: 0, code: 'TOO_LARGE', message: 'the params are too large' },
    ]);
  });

  it('tells of a gap after the highest offset that can be written', async () => {
    await using host = openHost(() => ADA);
    const peer = host.connect();
    await peer.hello();
    const cursor = { epoch: '00000000000000aa', offset: Number.MAX_SAFE_INTEGER };
    await peer.send(subscribe(0, 'chat.messages', { params: { room: 'hall' }, cursor }));
    expect(peer.closed).toBeUndefined();
    expect(peer.of('GAP')).toMatchObject([{ from: Number.MAX_SAFE_INTEGER, reason: 'epoch' }]);
  });
});

describe('onError', () => {
  it('may reject, which is printed', async () => {
    const print = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const runtime = new VirtualRuntime();
    const network = new MemoryNetwork(runtime);
    const server = createServer({
      services: [chatService()],
      anonymous: true,
      runtime,
      onError: (() => Promise.reject(new Error('the log is full'))) as () => void,
    });
    acceptInMemory(server, network);
    const peer = new RawPeer(network, runtime);
    await peer.hello();
    await peer.send(bind(0, 'chat.broken'), { ...call(0, 0), ...payloadOf(undefined) });
    expect(peer.of('ERROR')).toMatchObject([{ code: 'INTERNAL' }]);
    expect(print.mock.calls.flat().join(' ')).toContain('onError');
    print.mockRestore();
    await server.close();
  });
});
