import { describe, expect, it } from 'vitest';
import { openWakeHost, type WakeHost } from '../support/wake-host.js';

/** The newest connection is silent both ways, and neither side is told. */
function swallow({ network }: WakeHost): void {
  network.latest.hold('client');
  network.latest.hold('server');
}

const WAKES = [
  ['is shown again', (host: WakeHost) => host.page.show()],
  ['is thawed', (host: WakeHost) => host.page.resume()],
  ['is online again', (host: WakeHost) => host.page.online()],
  ['comes out of the back/forward cache', (host: WakeHost) => host.page.comeBack(true)],
] as const;

describe('a page', () => {
  it.each(WAKES)('that %s keeps a connection that answers', async (_title, wake) => {
    await using host = await openWakeHost();
    host.seen();
    wake(host);
    await host.runtime.advance(5_000);
    expect(host.network.connections).toHaveLength(1);
    expect(host.seen()).toEqual([]);
  });

  it.each(WAKES)('that %s is live again after 1 s when nothing comes', async (_title, wake) => {
    await using host = await openWakeHost();
    const waiting = host.client.desk.wait();
    await host.runtime.settle();
    host.seen();
    swallow(host);
    wake(host);
    await host.runtime.advance(999);
    expect(host.seen()).toEqual([]);
    await host.runtime.advance(1);
    expect(host.seen()).toEqual(['waiting', 'connecting', 'live']);
    host.answer.resolve('the same call');
    expect(await waiting).toBe('the same call');
    expect(host.server.counts).toMatchObject({ sessions: 1, detached: 0 });
  });

  it.each(WAKES)('that %s after a long sleep is live again at once', async (_title, wake) => {
    await using host = await openWakeHost();
    host.seen();
    swallow(host);
    host.runtime.sleep(60_000);
    wake(host);
    await host.runtime.advance(0);
    expect(host.seen()).toEqual(['waiting', 'connecting', 'live']);
    expect(host.network.connections).toHaveLength(2);
  });

  it.each(WAKES)('that %s waits for no backoff', async (_title, wake) => {
    await using host = await openWakeHost();
    host.network.isDown = true;
    host.network.latest.cut();
    await host.runtime.advance(60_000);
    expect(host.client.connection.state.status).toBe('unreachable');
    host.network.isDown = false;
    wake(host);
    await host.runtime.settle();
    expect(host.client.connection.state.status).toBe('live');
  });

  it('tries once for each wake, and goes on with its backoff', async () => {
    await using host = await openWakeHost();
    host.network.isDown = true;
    host.network.latest.cut();
    await host.runtime.advance(20_000);
    const { attempt } = host.client.connection.state;
    host.page.show();
    await host.runtime.settle();
    const after = host.client.connection.state;
    expect(after).toMatchObject({ status: 'waiting', attempt: attempt + 1 });
    expect((after.nextAttemptAt ?? 0) - host.runtime.now()).toBeGreaterThanOrEqual(250);
    host.network.isDown = false;
    await host.runtime.advance(1_000);
    expect(host.client.connection.state.status).toBe('live');
  });

  it('leaves an attempt alone that is young, and replaces one that hangs', async () => {
    const sinks: unknown[] = [];
    const never = { bufferedBytes: 0, write: () => {}, close: () => {}, abort: () => {} };
    await using host = await openWakeHost({}, {}, (dial) => (url, names, sink) => {
      sinks.push(sink);
      return sinks.length === 1 ? never : dial(url, names, sink);
    });
    await host.runtime.advance(999);
    host.page.show();
    expect(sinks).toHaveLength(1);
    await host.runtime.advance(1);
    host.page.show();
    await host.runtime.settle();
    expect(sinks).toHaveLength(2);
    expect(host.client.connection.state.status).toBe('live');
  });

  it('waits for as long as the server has asked, however often it is shown', async () => {
    let refusals = 1;
    await using host = await openWakeHost({}, {}, (dial) => (url, names, sink) => {
      if (refusals-- <= 0) return dial(url, names, sink);
      setImmediate(() => sink.closed({ code: 4429, reason: '5000' }));
      return { bufferedBytes: 0, write: () => {}, close: () => {}, abort: () => {} };
    });
    await host.runtime.advance(4_000);
    host.page.show();
    await host.runtime.settle();
    expect(host.client.connection.state.status).toBe('waiting');
    await host.runtime.advance(1_000);
    expect(host.client.connection.state.status).toBe('live');
  });

  it.each([
    ['is kept in the back/forward cache', 'leave', 'comeBack'],
    ['is frozen', 'freeze', 'resume'],
  ] as const)(
    'that %s has no connection, and goes on where it was',
    async (_title, aside, back) => {
      await using host = await openWakeHost();
      const { runtime, client, network, server, page } = host;
      const seen: string[] = [];
      const gaps: unknown[] = [];
      client.desk.news().subscribe({
        message: (text) => seen.push(text),
        gap: (gap) => gaps.push(gap),
      });
      const waiting = client.desk.wait(undefined, { deadlineMs: null });
      await runtime.settle();
      await host.publish('before');
      await runtime.settle();
      host.seen();
      page[aside](true);
      await runtime.settle();
      expect(server.counts).toMatchObject({ connections: 0, sessions: 1, detached: 1 });
      expect(client.connection.state).toMatchObject({
        status: 'idle',
        reason: 'the page is put aside',
      });
      await host.publish('meanwhile');
      host.answer.resolve('done meanwhile');
      await runtime.advance(60_000);
      expect(network.connections).toHaveLength(1);
      page[back](true);
      await runtime.settle();
      expect(host.seen()).toEqual(['idle', 'connecting', 'live']);
      expect(await waiting).toBe('done meanwhile');
      expect([seen, gaps]).toEqual([['before', 'meanwhile'], []]);
    },
  );

  it('that is left for good keeps its connection until its browser ends it', async () => {
    await using host = await openWakeHost();
    host.page.leave(false);
    host.page.comeBack(false);
    host.page.hide();
    await host.runtime.settle();
    expect(host.client.connection.state.status).toBe('live');
    expect(host.network.latest.fromClient).toHaveLength(1);
  });

  it('stays paused when its application has paused it, whatever becomes of the page', async () => {
    await using host = await openWakeHost();
    host.client.connection.pause();
    for (const [, wake] of WAKES) {
      host.page.freeze();
      wake(host);
      host.page.resume();
      await host.runtime.settle();
      expect(host.client.connection.state.status).toBe('idle');
    }
    host.client.connection.resume();
    await host.runtime.settle();
    expect(host.client.connection.state.status).toBe('live');
  });

  it('that was away for too long is told that its calls are lost', async () => {
    await using host = await openWakeHost();
    const lost = host.client.desk.wait(undefined, { deadlineMs: null }).catch((e: unknown) => e);
    await host.runtime.settle();
    host.page.leave(true);
    await host.runtime.settle();
    host.runtime.sleep(3_600_000);
    host.page.comeBack(true);
    await host.runtime.settle();
    expect(await lost).toMatchObject({ code: 'SESSION_LOST', executed: 'unknown' });
    expect(host.client.connection.state.status).toBe('live');
  });
});
