import {
  ENCODING,
  FEATURES,
  type ErrorMessage,
  type Message,
  type Payload,
} from '@trunkline/protocol';
import { createClientCalls, TrunklineError } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { createDesk, desk } from '../support/desk.js';
import { bind, call } from '../support/messages.js';
import { openRawHost, payloadOf, type RawHost, type RawPeer } from '../support/raw-peer.js';

const NONE: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
const TAKES = FEATURES.CALLS | FEATURES.CHUNK;

interface Rig extends AsyncDisposable {
  readonly host: RawHost;
  readonly peer: RawPeer;
  readonly calls: ReturnType<typeof createClientCalls<NonNullable<(typeof desk)['client']>>>;
}

/** A client that is called by a server and answers as the test likes. */
async function open(subprotocol?: string, features = TAKES): Promise<Rig> {
  const { service, sessions } = createDesk();
  const host = openRawHost({ services: [service], anonymous: true });
  const peer = host.connect(subprotocol);
  await peer.hello('', features);
  await peer.send(bind(0, 'desk.ping'), call(0, 0));
  const calls = createClientCalls(desk, sessions[0] as never);
  return { host, peer, calls, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

function settled(promise: Promise<unknown>): { outcome: unknown } {
  const seen: { outcome: unknown } = { outcome: 'pending' };
  promise.then(
    (value) => (seen.outcome = { value }),
    (error: unknown) => (seen.outcome = error),
  );
  return seen;
}

const result = (id: number, payload: Payload = NONE): Message => ({
  kind: 'RESULT',
  id,
  ...payload,
});

function failure(id: number, error: Partial<ErrorMessage>): Message {
  return { kind: 'ERROR', id, executed: 'no', code: 'BUSY', message: '', ...NONE, ...error };
}

describe('a server whose client is hostile', () => {
  it('takes the smallest odd ids, each again after its final message', async () => {
    await using rig = await open();
    const calls = [rig.calls.wait(), rig.calls.wait()].map(settled);
    await rig.host.runtime.settle();
    expect(rig.peer.of('BIND')).toMatchObject([{ procedure: 0, name: 'desk.wait' }]);
    expect(rig.peer.of('CALL').map(({ id }) => id)).toEqual([1, 3]);
    await rig.peer.send(result(1, payloadOf('one')));
    expect(calls).toMatchObject([{ outcome: { value: 'one' } }, { outcome: 'pending' }]);
    settled(rig.calls.wait());
    await rig.host.runtime.settle();
    expect(rig.peer.of('CALL').map(({ id }) => id)).toEqual([1, 3, 1]);
  });

  it('closes on an answer where nothing was asked, and ignores one that is too late', async () => {
    await using rig = await open();
    const waiting = settled(rig.calls.wait());
    await rig.host.runtime.settle();
    await rig.peer.send(
      result(0, payloadOf('x')),
      result(5, payloadOf('x')),
      failure(7, {}),
      { kind: 'ITEM', id: 1, ...NONE },
      { kind: 'END', id: 1, ...NONE },
      { kind: 'CREDIT', id: 1, items: 1, bytes: 1 },
      { kind: 'CANCEL', id: 1, reason: 'stopped' },
    );
    expect(waiting.outcome).toBe('pending');
    await rig.peer.send(result(1, payloadOf('first')), result(1, payloadOf('second')));
    expect(waiting.outcome).toEqual({ value: 'first' });
    expect(rig.peer.closed).toBeUndefined();
    const other = rig.host.connect();
    await other.hello('', TAKES);
    await other.send(result(1));
    expect(other.closed?.code).toBe(4400);
  });

  it.each<[string, Message, object]>([
    [
      'bytes that are no superjson',
      result(1, { encoding: ENCODING.SUPERJSON, bytes: Uint8Array.of(9) }),
      { code: 'INTERNAL', executed: 'yes' },
    ],
    ['a value of another type', result(1, payloadOf(5)), { code: 'INTERNAL', executed: 'yes' }],
    ['nothing', result(1), { code: 'INTERNAL', executed: 'yes' }],
    [
      'more than is allowed',
      result(1, { encoding: ENCODING.BYTES, bytes: new Uint8Array(1_001) }),
      { code: 'TOO_LARGE', executed: 'yes' },
    ],
    [
      'an error that is not declared',
      failure(1, { code: 'NONE_OF_OURS', message: 'x', executed: 'unknown' }),
      { code: 'NONE_OF_OURS', message: 'desk.wait: x', executed: 'unknown', data: undefined },
    ],
    [
      'an error of Trunkline, with data of its own making',
      failure(1, { code: 'DENIED', executed: 'no', ...payloadOf({ admin: true }) }),
      { code: 'DENIED', executed: 'no', data: undefined },
    ],
  ])('fails the one call on %s', async (_what, answer, outcome) => {
    const { service, sessions } = createDesk();
    await using host = openRawHost({
      services: [service],
      anonymous: true,
      limits: { valueInBytes: 1_000 },
    });
    const peer = host.connect();
    await peer.hello('', TAKES);
    await peer.send(bind(0, 'desk.ping'), call(0, 0));
    const calls = createClientCalls(desk, sessions[0] as never);
    const waiting = settled(calls.wait());
    await host.runtime.settle();
    await peer.send(answer);
    expect(waiting.outcome).toBeInstanceOf(TrunklineError);
    expect(waiting.outcome).toMatchObject(outcome);
    expect(peer.closed).toBeUndefined();
  });

  it('does not believe the data of a declared error', async () => {
    await using rig = await open();
    const waiting = settled(rig.calls.confirm({ text: 'x', at: new Date(0) }));
    await rig.host.runtime.settle();
    const data = payloadOf({ since: 'yesterday' });
    await rig.peer.send(failure(1, { code: 'AWAY', executed: 'yes', ...data }));
    expect(waiting.outcome).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
  });

  it('refuses an answer in chunks by its first piece, and asks for an end of it', async () => {
    await using rig = await open();
    const waiting = settled(rig.calls.wait());
    await rig.host.runtime.settle();
    const bytes = Uint8Array.of(0x52, 0x84, 0x89, 0x7a, 1, 3, 0, 0);
    const piece = { kind: 'CHUNK', transfer: 0, isLast: false, isAbort: false } as const;
    await rig.peer.send({ ...piece, isFirst: true, size: 2_000_008, bytes });
    expect(waiting.outcome).toMatchObject({ code: 'TOO_LARGE', executed: 'yes' });
    expect(rig.peer.of('CANCEL')).toMatchObject([{ id: 1, reason: 'stopped' }]);
    await rig.peer.send(
      { ...piece, isFirst: false, isAbort: true, size: 0, bytes: new Uint8Array(0) },
      failure(1, { code: 'CANCELLED', executed: 'yes' }),
    );
    settled(rig.calls.wait());
    await rig.host.runtime.settle();
    expect(rig.peer.of('CALL').at(-1)?.id).toBe(1);
    expect(rig.peer.closed).toBeUndefined();
  });

  it('holds no more for a client that never answers than its limit says', async () => {
    await using rig = await open();
    const calls = Array.from({ length: 257 }, () =>
      settled(rig.calls.wait(undefined, { deadlineMs: 1_000 })),
    );
    await rig.host.runtime.settle();
    expect(rig.peer.of('CALL')).toHaveLength(256);
    expect(calls.at(-1)?.outcome).toMatchObject({ code: 'BUSY', executed: 'no' });
    await rig.host.runtime.advance(1_001);
    expect(calls[0]?.outcome).toMatchObject({ code: 'DEADLINE', executed: 'unknown' });
    const late = settled(rig.calls.nothing());
    await rig.host.runtime.settle();
    expect(late.outcome).toMatchObject({ code: 'BUSY', executed: 'no' });
    await rig.peer.send(failure(5, { code: 'DEADLINE', executed: 'unknown' }));
    const next = settled(rig.calls.nothing());
    await rig.host.runtime.settle();
    await rig.peer.send(result(5));
    expect(next.outcome).toEqual({ value: undefined });
  });

  it('does not let a client withdraw a call of the server', async () => {
    await using rig = await open();
    const text = 'x'.repeat(300_000);
    const waiting = settled(rig.calls.echo(text));
    await rig.host.runtime.settle();
    expect(rig.peer.of('CHUNK').length).toBeGreaterThan(0);
    await rig.peer.send({ kind: 'CANCEL', id: 1, reason: 'withdrawn' });
    expect(rig.peer.of('ERROR')).toEqual([]);
    const pieces = (): number => rig.peer.of('CHUNK').reduce((sum, c) => sum + c.bytes.length, 0);
    while (pieces() < 300_000) {
      const before = pieces();
      await rig.peer.acknowledge();
      expect(pieces()).toBeGreaterThan(before);
    }
    await rig.peer.send(result(1, payloadOf('done')));
    expect(waiting.outcome).toEqual({ value: 'done' });
  });

  it('sends again as superjson what a client cannot unpack, and packs no more for it', async () => {
    await using rig = await open('trunkline.v1.packed');
    const waiting = settled(rig.calls.confirm({ text: 'x', at: new Date(0) }));
    await rig.host.runtime.settle();
    expect(rig.peer.of('CALL')[0]?.encoding).toBe(ENCODING.PACKED);
    await rig.peer.send(failure(1, { code: 'LAYOUT', executed: 'no' }));
    const [first, second] = rig.peer.of('BIND');
    expect(second).toMatchObject({
      procedure: 1,
      name: 'desk.confirm',
      sendHash: '0000000000000000',
      receiveHash: first?.receiveHash,
    });
    const [, again] = rig.peer.of('CALL');
    expect(again).toMatchObject({ id: 1, procedure: 1, encoding: ENCODING.SUPERJSON });
    await rig.peer.send(failure(1, { code: 'LAYOUT', executed: 'no' }));
    expect(waiting.outcome).toMatchObject({ code: 'LAYOUT', executed: 'no' });
    settled(rig.calls.confirm({ text: 'y', at: new Date(0) }));
    await rig.host.runtime.settle();
    expect(rig.peer.of('CALL').at(-1)?.encoding).toBe(ENCODING.SUPERJSON);
    expect(rig.peer.of('BIND')).toHaveLength(2);
  });

  it('fails the one call on a packed answer that is no value', async () => {
    await using rig = await open('trunkline.v1.packed');
    const waiting = settled(rig.calls.confirm({ text: 'x', at: new Date(0) }));
    await rig.host.runtime.settle();
    await rig.peer.send(result(1, { encoding: ENCODING.PACKED, bytes: Uint8Array.of(255, 255) }));
    expect(waiting.outcome).toMatchObject({ code: 'INTERNAL', executed: 'yes' });
    expect(rig.peer.closed).toBeUndefined();
  });

  it('takes back a call whose deadline passed before the client had accepted it', async () => {
    await using rig = await open(undefined, TAKES | FEATURES.RESUME);
    const { host, peer, calls } = rig;
    const [welcome] = peer.of('WELCOME');
    if (welcome === undefined) throw new Error('it is not welcome');
    const accepted = peer.rx;
    const late = settled(calls.wait(undefined, { deadlineMs: 100 }));
    await host.runtime.settle();
    expect(peer.of('CALL')).toMatchObject([{ id: 1 }]);
    host.network.latest.cut();
    await host.runtime.advance(101);
    expect(late.outcome).toMatchObject({ code: 'DEADLINE', executed: 'unknown' });
    const again = host.connect();
    again.tx = peer.tx;
    await again.send({
      kind: 'RESUME',
      features: TAKES | FEATURES.RESUME,
      token: '',
      session: welcome.session,
      attach: 2,
      secret: welcome.secret,
      rx: accepted,
      first: peer.tx + 1,
      revisions: [],
    });
    expect(again.received.map(({ kind }) => kind)).toEqual(['RESUMED', 'BIND', 'VOID']);
    const next = settled(calls.wait());
    await host.runtime.settle();
    expect(again.of('CALL')).toMatchObject([{ id: 1 }]);
    await again.send(result(1, payloadOf('here')));
    expect(next.outcome).toEqual({ value: 'here' });
  });

  it('calls nobody that does not take calls, and no session that is none', async () => {
    await using rig = await open(undefined, FEATURES.CHUNK);
    const waiting = settled(rig.calls.nothing());
    await rig.host.runtime.settle();
    expect(waiting.outcome).toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
    expect(rig.peer.of('BIND')).toEqual([]);
    const fake = { id: 's', connection: {} } as never;
    expect(() => createClientCalls(desk, fake)).toThrow('expected a session of a server');
  });
});
