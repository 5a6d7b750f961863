import { call as callOf, contract } from '@trunkline/contract';
import { FEATURES } from '@trunkline/protocol';
import { implement } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

const hall = contract('hall', { touch: callOf({ output: z.null() }) });

async function attach(host: RawHost, token = 'ada'): Promise<RawPeer> {
  const peer = host.connect();
  await peer.hello(token, FEATURES.RESUME);
  return peer;
}

function resumeOf(peer: RawPeer) {
  const { session = '', secret = new Uint8Array(0) } = peer.of('WELCOME')[0] ?? {};
  const rest = { features: FEATURES.RESUME, token: 'ada', revisions: [], attach: 2, first: 1 };
  return { kind: 'RESUME', session, secret, rx: peer.rx, ...rest } as const;
}

describe('a revoke while a client is being let in', () => {
  const services = [implement(hall, { touch: () => null })];

  /** Stops at one place on the way to a session, at which a test goes on. */
  function openStopped(at: 'authenticate' | 'guard' | 'interceptor') {
    const gate = createDeferred();
    const stop = async (place: string) => {
      if (place === at) await gate.promise;
    };
    const host = openRawHost({
      services,
      authenticate: async ({ token }) => {
        await stop('authenticate');
        return { principal: token, user: {} as never };
      },
      guards: [async () => (await stop('guard'), true)],
      interceptors: [async (_context, next) => (await stop('interceptor'), next())],
    });
    return { host, gate };
  }

  it.each(['authenticate', 'guard', 'interceptor'] as const)('wins, at its %s', async (place) => {
    const { host, gate } = openStopped(place);
    await using _ = host;
    const [ada, bob] = [await attach(host, 'ada'), await attach(host, 'bob')];
    expect(host.server.revoke('ada')).toBe(0);
    gate.resolve();
    await host.runtime.settle();
    expect(ada.received).toEqual([]);
    expect(ada.closed).toMatchObject({ code: 4401, reason: 'revoked' });
    expect(bob.of('WELCOME')).toHaveLength(1);
    const later = await attach(host, 'ada');
    expect(later.of('WELCOME')).toHaveLength(1);
  });

  it('wins though it is decided already, in the turns before WELCOME', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const verdict = createDeferred();
      const host = openRawHost({
        services,
        authenticate: async () => {
          await verdict.promise;
          return { principal: 'ada', user: {} as never };
        },
      });
      const peer = await attach(host);
      verdict.resolve();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      host.server.revoke('ada', { final: true });
      await host.runtime.settle();
      expect([turns, host.server.counts.sessions]).toEqual([turns, 0]);
      expect(peer.closed).toMatchObject({ code: 4403, reason: 'revoked' });
      await host[Symbol.asyncDispose]();
    }
  });

  it('wins over an answer that is there at once', async () => {
    const host = openRawHost({
      services,
      authenticate: () => {
        // Behind the decision, before the turn in which WELCOME is sent.
        queueMicrotask(() => host.server.revoke('ada'));
        return { principal: 'ada', user: {} as never };
      },
    });
    await using _ = host;
    const peer = await attach(host);
    expect(peer.received).toEqual([]);
    expect(peer.closed).toMatchObject({ code: 4401, reason: 'revoked' });
  });

  it('wins over RESUME, and the place of its connection is free again', async () => {
    const gate = createDeferred();
    let isStopped = false;
    const host = openRawHost({
      services,
      limits: { principalSessions: 1 },
      authenticate: async () => {
        if (isStopped) await gate.promise;
        return { principal: 'ada', user: {} as never };
      },
    });
    await using _ = host;
    const peer = await attach(host);
    await peer.cut();
    isStopped = true;
    const again = host.connect();
    await again.send(resumeOf(peer));
    expect(host.server.revoke('ada')).toBe(1);
    gate.resolve();
    await host.runtime.settle();
    expect(again.closed).toMatchObject({ code: 4401, reason: 'revoked' });
    expect((await attach(host)).of('WELCOME')).toHaveLength(1);
  });
});
