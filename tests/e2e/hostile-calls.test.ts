import { call, contract, stream, topic } from '@trunkline/contract';
import { CLIENT_DECODE_LIMITS, TrunklineError, type Message } from '@trunkline/protocol';
import { decodePayload } from '@trunkline/protocol/superjson';
import { implement } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { bind, call as callMessage } from '../support/messages.js';
import { openRawHost, payloadOf, type RawHost } from '../support/raw-peer.js';

const desk = contract('desk', {
  endless: stream({ down: z.int() }),
  upload: stream({ up: z.int(), output: z.int() }),
  slowEnd: stream({ down: z.int() }),
  echo: call({ input: z.unknown(), output: z.unknown() }),
  fail: call({
    input: z.string(),
    errors: { BAD: z.object({ text: z.string() }) },
  }),
  notes: topic({ message: z.string(), publish: 'client', public: true }),
});

const LONE = '\ud800';

function thrown(what: string, error: (data: { text: string }) => Error): unknown {
  switch (what) {
    case 'lone surrogate':
      return error({ text: LONE });
    case 'proxy':
      return new Proxy(
        {},
        {
          has: () => {
            throw new Error('trap');
          },
        },
      );
    case 'large':
      return error({ text: 'x'.repeat(5_000) });
    default:
      return new TrunklineError('BUSY', 'later', { retryAfterMs: Number(what) });
  }
}

function createDesk() {
  const probe = {
    produced: 0,
    uploaded: [] as string[],
    finish: createDeferred<undefined>(),
    allow: createDeferred<boolean>(),
  };
  const service = implement(desk, {
    *endless() {
      for (;;) yield probe.produced++;
    },
    async upload(_input, { items }) {
      let count = 0;
      try {
        for await (const item of items) count += item;
        probe.uploaded.push('complete');
      } catch (error) {
        probe.uploaded.push((error as TrunklineError).code);
        throw error;
      }
      return count;
    },
    async *slowEnd() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        await probe.finish.promise;
      }
    },
    echo: (value) => value,
    fail: (what, context) => {
      throw thrown(what, (data) => context.error('BAD', data));
    },
    notes: { authorizePublish: () => probe.allow.promise },
  });
  return { probe, service };
}

async function connect(host: RawHost) {
  const peer = host.connect();
  await peer.hello();
  return peer;
}

function item(id: number, value: unknown): Message {
  return { kind: 'ITEM', id, ...payloadOf(value) };
}

function cancel(id: number): Message {
  return { kind: 'CANCEL', id, reason: 'withdrawn' };
}

const ALL = Number.MAX_SAFE_INTEGER;
const NOTE = { params: undefined, message: 'hello' };

describe('a stream whose consumer allows everything', () => {
  it('gets what a CREDIT may grant, and others have their turn meanwhile', async () => {
    const { service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    await peer.send(
      bind(0, 'desk.endless', 'stream'),
      bind(1, 'desk.echo'),
      callMessage(0, 0),
      { kind: 'CREDIT', id: 0, items: ALL, bytes: ALL },
      callMessage(2, 1, 'still here'),
    );
    expect(peer.of('RESULT')).toHaveLength(1);
    const count = peer.of('ITEM').length;
    expect(count).toBeGreaterThanOrEqual(1_024);
    expect(count).toBeLessThanOrEqual(1_024 + 64);
    await peer.send(cancel(0));
  });

  it('waits while nobody takes what was sent', async () => {
    const { probe, service } = createDesk();
    const limits = { heldBytes: 2_000, downCreditMaxItems: 100_000 };
    await using host = openRawHost({ anonymous: true, services: [service], limits });
    const peer = await connect(host);
    host.network.latest.hold('server');
    await peer.send(bind(0, 'desk.endless', 'stream'), callMessage(0, 0), {
      kind: 'CREDIT',
      id: 0,
      items: ALL,
      bytes: ALL,
    });
    // What the socket is given ahead, and then nothing.
    expect(probe.produced).toBeLessThan(20_000);
    await peer.send(cancel(0));
    host.network.latest.release('server');
    await host.runtime.settle();
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'CANCELLED' }]);
  });
});

describe('what a handler throws', () => {
  it.each(['lone surrogate', 'proxy', 'large'])(
    'becomes INTERNAL when it cannot be sent: %s',
    async (what) => {
      const { service } = createDesk();
      await using host = openRawHost({ anonymous: true, services: [service] });
      const peer = await connect(host);
      await peer.send(bind(0, 'desk.fail'), callMessage(0, 0, what));
      expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'INTERNAL', executed: 'yes' }]);
      expect(host.failures).toHaveLength(1);
      expect(host.server.counts.calls).toBe(0);
    },
  );

  it.each([
    ['Infinity', undefined],
    ['NaN', undefined],
    ['1e300', ALL],
    ['-5', 0],
  ])('crosses with a time to wait that can be written: %s', async (what, retryAfterMs) => {
    const { service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.fail'), callMessage(0, 0, what));
    expect(peer.of('ERROR').map((error) => error.retryAfterMs)).toEqual([retryAfterMs]);
  });
});

describe('an upload that is broken off', () => {
  it('fails for its handler, never looks complete, and leaves the next one alone', async () => {
    const { probe, service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.upload', 'stream'), callMessage(0, 0), item(0, 1), cancel(0));
    await peer.send(callMessage(0, 0), item(0, 2), { kind: 'END', id: 0, ...payloadOf(undefined) });
    expect(probe.uploaded).toEqual(['CANCELLED', 'complete']);
    expect(peer.of('CREDIT')).toEqual([]);
  });

  it('fails with INVALID_INPUT at an item that is broken', async () => {
    const { probe, service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    const bytes = new TextEncoder().encode('{"json":');
    await peer.send(bind(0, 'desk.upload', 'stream'), callMessage(0, 0), {
      ...item(0, 1),
      bytes,
    } as Message);
    expect(probe.uploaded).toEqual(['INVALID_INPUT']);
    expect(peer.of('ERROR')).toMatchObject([{ code: 'INVALID_INPUT', executed: 'yes' }]);
  });

  it('is refused an item above the limit of inputs', async () => {
    const { probe, service } = createDesk();
    const limits = { valueInBytes: 64 };
    await using host = openRawHost({ anonymous: true, services: [service], limits });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.upload', 'stream'), callMessage(0, 0), item(0, 'x'.repeat(100)));
    expect(probe.uploaded).toEqual(['TOO_LARGE']);
    expect(peer.of('ERROR')).toMatchObject([{ code: 'TOO_LARGE', executed: 'yes' }]);
  });
});

describe('slots', () => {
  it('stay taken while a stopped generator still cleans up', async () => {
    const { probe, service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.slowEnd', 'stream'), callMessage(0, 0));
    await peer.send(cancel(0));
    expect(host.server.counts.calls).toBe(1);
    probe.finish.resolve(undefined);
    await host.runtime.settle();
    expect(host.server.counts.calls).toBe(0);
  });

  it('are held by calls that were answered in the same turn', async () => {
    const { service } = createDesk();
    const limits = { callsInFlight: 4 };
    await using host = openRawHost({ anonymous: true, services: [service], limits });
    const peer = await connect(host);
    const calls = [0, 2, 4, 6, 8].map((id) => callMessage(id, 0, id));
    await peer.send(bind(0, 'desk.echo'), ...calls);
    expect(peer.of('RESULT')).toHaveLength(4);
    expect(peer.of('ERROR')).toMatchObject([{ id: 8, code: 'BUSY', executed: 'no' }]);
    await peer.send(...calls.slice(1));
    expect(peer.of('RESULT')).toHaveLength(8);
  });

  it('close the connection when a client keeps asking for more than there are', async () => {
    const { service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    const calls = Array.from({ length: 2_000 }, (_, n) => callMessage(n * 2, 0, n));
    await peer.send(bind(0, 'desk.echo'), ...calls);
    expect(peer.closed).toEqual({ code: 4429, reason: '5000' });
  });

  it('allow a client to cancel all it has, again and again', async () => {
    const { service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.endless', 'stream'));
    for (let round = 0; round < 25; round++) {
      const ids = Array.from({ length: 32 }, (_, n) => n * 2);
      await peer.send(...ids.map((id) => callMessage(id, 0)));
      await peer.send(...ids.map(cancel));
    }
    expect(peer.closed).toBeUndefined();
    expect(peer.of('ERROR').every(({ code }) => code === 'CANCELLED')).toBe(true);
  });
});

describe('an interceptor that comes late', () => {
  it('does not start a handler whose caller was told that it did not run', async () => {
    const { probe, service } = createDesk();
    let late: () => unknown = () => undefined;
    await using host = openRawHost({
      anonymous: true,
      services: [service],
      interceptors: [
        (context, next) => {
          if (context.kind !== 'call') return next();
          late = next;
          throw new TrunklineError('DENIED', 'denied');
        },
      ],
    });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.echo'), callMessage(0, 0, 1));
    expect(peer.of('ERROR')).toMatchObject([{ code: 'DENIED', executed: 'no' }]);
    expect(() => late()).toThrow('ended before');
    expect(probe.produced).toBe(0);
  });
});

describe('a publish of a client', () => {
  it('keeps the receipt whatever an interceptor makes of it', async () => {
    const { probe, service } = createDesk();
    probe.allow.resolve(true);
    await using host = openRawHost({
      anonymous: true,
      services: [service],
      interceptors: [
        async (_context, next) => {
          await next();
          return { wrapped: true };
        },
      ],
    });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.notes', 'publish'), callMessage(0, 0, NOTE));
    expect(peer.of('RESULT')).toMatchObject([{ id: 0, published: expect.anything() }]);
  });

  it('names the publisher within its principal so that no two names are one', async () => {
    const { probe, service } = createDesk();
    probe.allow.resolve(true);
    await using host = openRawHost({
      authenticate: ({ token }) => ({ principal: token ?? '', user: undefined }),
      services: [service],
    });
    for (const [principal, publisher] of [
      ['a', 'b/c'],
      ['a/b', 'c'],
    ] as const) {
      const peer = host.connect();
      await peer.hello(principal);
      const publishId = { publisher, counter: 1 };
      await peer.send(bind(0, 'desk.notes', 'publish'), { ...callMessage(0, 0, NOTE), publishId });
      expect(peer.of('RESULT')).toMatchObject([{ published: { duplicate: false } }]);
    }
  });

  it('is INTERNAL when an interceptor does not go on', async () => {
    const { probe, service } = createDesk();
    probe.allow.resolve(true);
    await using host = openRawHost({
      anonymous: true,
      services: [service],
      interceptors: [() => undefined],
    });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.notes', 'publish'), callMessage(0, 0, NOTE));
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'INTERNAL', executed: 'no' }]);
    expect(host.failures).toHaveLength(1);
  });

  it('is not made when its caller leaves while it is authorized', async () => {
    const { probe, service } = createDesk();
    await using host = openRawHost({ anonymous: true, services: [service] });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.notes', 'publish'), callMessage(0, 0, NOTE));
    await peer.send(cancel(0));
    probe.allow.resolve(true);
    await host.runtime.settle();
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'CANCELLED', executed: 'no' }]);
    expect(host.failures).toEqual([]);
  });
});

describe('the issues of an input', () => {
  it('cross whole or cut, and never get lost', async () => {
    const wide = contract('wide', {
      put: call({
        input: z.object(
          Object.fromEntries(
            Array.from({ length: 40 }, (_, n) => [`\u20ac${'k'.repeat(60)}${n}`, z.string()]),
          ),
        ),
      }),
    });
    await using host = openRawHost({
      anonymous: true,
      services: [implement(wide, { put: () => undefined })],
    });
    const peer = await connect(host);
    await peer.send(bind(0, 'wide.put'), callMessage(0, 0, {}));
    const [error] = peer.of('ERROR');
    const data = error && decodePayload(error, CLIENT_DECODE_LIMITS);
    expect(error?.code).toBe('INVALID_INPUT');
    expect(data).toMatchObject({ value: { truncated: true, issues: { 5: expect.anything() } } });
    expect(host.failures).toEqual([]);
  });
});

describe('a scope that cannot be made', () => {
  it('fails each time that it is asked for', async () => {
    const { service } = createDesk();
    await using host = openRawHost({
      anonymous: true,
      services: [service],
      scope: () => {
        throw new Error('no scope');
      },
      guards: [
        (context) => {
          if (context.kind === 'connect') return true;
          expect(() => context.scope).toThrow('no scope');
          expect(() => context.scope).toThrow('no scope');
          return true;
        },
      ],
    });
    const peer = await connect(host);
    await peer.send(bind(0, 'desk.echo'), callMessage(0, 0, 1));
    expect(peer.of('RESULT')).toHaveLength(1);
  });
});
