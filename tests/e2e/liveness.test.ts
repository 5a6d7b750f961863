import { decodeBatch, type Batch, type Message } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { idleProxy } from '../support/idle-proxy.js';
import { openRawHost } from '../support/raw-peer.js';
import { openWakeHost, type WakeHost } from '../support/wake-host.js';

function messages(batches: readonly Uint8Array[], kind: Message['kind']): unknown[] {
  return batches
    .flatMap((bytes) => [...(decodeBatch(bytes) as Batch).messages])
    .filter((message) => message.kind === kind);
}

/** Milliseconds until something holds, in steps of one; `limit` when it never does. */
async function timeUntil(host: WakeHost, holds: () => boolean, limit: number): Promise<number> {
  for (let ms = 0; ms < limit; ms++) {
    if (holds()) return ms;
    await host.runtime.advance(1);
  }
  return limit;
}

describe('a half-open connection', () => {
  it.each([
    ['idle', 0, 35_000],
    ['idle, silent since a moment before', 12_345, 35_000],
    ['with a call outstanding', 0, 8_000],
  ])('is noticed by both sides in time: %s', async (title, sinceMs, withinMs) => {
    await using host = await openWakeHost();
    const { runtime, network, client, server } = host;
    await runtime.advance(sinceMs);
    const isBusy = title.includes('call');
    if (isBusy) void client.desk.wait(undefined, { deadlineMs: null }).catch(() => {});
    await runtime.settle();
    const [old] = network.connections;
    if (old === undefined) throw new Error('there is no connection');
    network.isDown = true;
    old.hold('client');
    old.hold('server');
    let clientMs = Number.POSITIVE_INFINITY;
    const begun = runtime.now();
    const stop = client.connection.watch(() => {
      clientMs = runtime.now() - begun;
      stop();
    });
    const serverMs = await timeUntil(host, () => server.counts.connections === 0, 40_000);
    await runtime.advance(Math.max(0, 40_000 - serverMs));
    expect(clientMs).toBeLessThanOrEqual(withinMs);
    expect(serverMs).toBeLessThanOrEqual(withinMs);
    console.info(`${title}: the client after ${clientMs} ms, the server after ${serverMs} ms`);
    network.isDown = false;
    host.client.connection.reconnectNow();
    await runtime.settle();
    host.answer.resolve('x');
    expect(client.connection.state.status).toBe('live');
  });

  it('leaves nothing of its session at the server once that was detached for too long', async () => {
    await using host = await openWakeHost();
    const { runtime, network, server } = host;
    network.isDown = true;
    network.latest.hold('client');
    network.latest.hold('server');
    await runtime.advance(35_000);
    expect(server.counts).toMatchObject({ connections: 0, detached: 1 });
    await runtime.advance(120_000);
    expect(server.counts).toMatchObject({ connections: 0, sessions: 0, detached: 0 });
    network.isDown = false;
    await runtime.advance(30_000);
  });

  it('is asked for life when a process wakes up whose clock stood still', async () => {
    await using host = await openWakeHost();
    host.network.latest.hold('client');
    host.network.latest.hold('server');
    host.runtime.sleep(3_600_000);
    host.seen();
    // Nobody tells it: its own next look does, and then 4 s are enough.
    await host.runtime.advance(18_000 + 4_000 + 500);
    expect(host.seen()).toEqual(['waiting', 'connecting', 'live']);
  });
});

describe('behind a proxy that cuts after 10 s of silence', () => {
  it('a client is cut three times, asks for pings, and is never cut again', async () => {
    await using host = await openWakeHost({}, {}, (dial, runtime) => {
      return idleProxy(runtime, 10_000)(dial);
    });
    const { runtime, network, client } = host;
    await runtime.advance(600_000);
    expect(network.connections).toHaveLength(4);
    expect(client.connection.state).toMatchObject({ status: 'live', suspectedIdleMs: 10_000 });
    const [, , third, last] = network.connections;
    const asked = [third, last].map((one) => messages(one?.fromClient ?? [], 'RESUME')[0]);
    expect(asked[0]).not.toHaveProperty('idleMs');
    expect(asked[1]).toMatchObject({ idleMs: 5_000 });
    expect(messages(last?.fromServer ?? [], 'RESUMED')).toMatchObject([{ idleMs: 5_000 }]);
    expect(messages(last?.fromServer ?? [], 'PING').length).toBeGreaterThan(90);
  });

  it('a session that begins anew is asked for with the same wish', async () => {
    await using host = await openWakeHost({}, { limits: { detachedMs: 0 } }, (dial, runtime) => {
      return idleProxy(runtime, 10_000)(dial);
    });
    await host.runtime.advance(60_000);
    const { fromClient, fromServer } = host.network.latest;
    expect(messages(fromClient, 'HELLO')).toMatchObject([{ idleMs: 5_000 }]);
    expect(messages(fromServer, 'WELCOME')).toMatchObject([{ idleMs: 5_000 }]);
  });
});

describe('a server that is asked for pings', () => {
  it.each([
    [undefined, 15_000],
    [0, 2_000],
    [1_999, 2_000],
    [2_001, 2_001],
    [14_999, 14_999],
    [60_000, 15_000],
    [Number.MAX_SAFE_INTEGER, 15_000],
  ])('after %s ms says that it pings after %i', async (idleMs, granted) => {
    await using host = openRawHost({ anonymous: true, services: [] });
    const peer = host.connect();
    const wish = idleMs === undefined ? {} : { idleMs };
    await peer.send({ kind: 'HELLO', features: 0, agent: '', token: '', revisions: [], ...wish });
    expect(peer.of('WELCOME')).toMatchObject([{ idleMs: granted }]);
    await host.runtime.advance(Math.floor(granted * 0.8) - 1);
    expect(peer.of('PING')).toEqual([]);
    await host.runtime.advance(Math.ceil(granted * 0.4) + 2);
    expect(peer.of('PING')).toHaveLength(1);
    await peer.cut();
  });

  it('at least as often as its own limit says, whatever its floor is', async () => {
    const limits = { idleMs: 1_000, minIdleMs: 5_000 };
    await using host = openRawHost({ anonymous: true, services: [], limits });
    const peer = host.connect();
    await peer.send({ kind: 'HELLO', features: 0, agent: '', token: '', revisions: [], idleMs: 1 });
    expect(peer.of('WELCOME')).toMatchObject([{ idleMs: 1_000 }]);
    await peer.cut();
  });
});
