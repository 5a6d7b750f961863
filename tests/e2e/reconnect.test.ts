import type { ConnectionStatus } from '@trunkline/client';
import { TrunklineError } from '@trunkline/client';
import { SUBPROTOCOLS, type Close, type Dial, type DialSink } from '@trunkline/protocol';
import type { ServerOptions } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { openWakeHost, type WakeHost } from '../support/wake-host.js';

const NEVER = { bufferedBytes: 0, write: () => {}, close: () => {}, abort: () => {} };

/** A server that knows one token. */
const LOCKED: Partial<ServerOptions> = {
  authenticate: ({ token }) => (token === 'good' ? { principal: 'ada', user: 'ada' } : undefined),
};

/** Brings a client into a state, from which it is to be live by one call. */
const STATES: readonly (readonly [ConnectionStatus, string, (host: WakeHost) => unknown])[] = [
  ['live', 'with an open connection', () => {}],
  [
    'waiting',
    'between two attempts',
    async ({ network, runtime }) => {
      network.isDown = true;
      network.latest.cut();
      await runtime.advance(2_000);
      network.isDown = false;
    },
  ],
  [
    'unreachable',
    'when nothing has opened for a long time',
    async ({ network, runtime }) => {
      network.isDown = true;
      network.latest.cut();
      await runtime.advance(60_000);
      network.isDown = false;
    },
  ],
  ['idle', 'when it is paused', ({ client }) => client.connection.pause()],
  ['idle', 'when its page is put aside', ({ page }) => page.freeze()],
];

describe('reconnectNow', () => {
  it.each(STATES)('is live at once from %s, %s', async (status, _title, bring) => {
    await using host = await openWakeHost();
    const { client, runtime, network } = host;
    await bring(host);
    await runtime.settle();
    expect(client.connection.state.status).toBe(status);
    const before = network.connections.length;
    client.connection.reconnectNow();
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    expect(network.connections).toHaveLength(before + 1);
    expect(await client.desk.echo('still there')).toBe('still there');
    expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1, detached: 0 });
  });

  it('works before the first attempt', async () => {
    const dials: string[] = [];
    await using host = await openWakeHost({}, {}, (dial) => (url, names, sink) => {
      dials.push(url);
      return dial(url, names, sink);
    });
    host.client.connection.pause();
    host.client.connection.reconnectNow();
    host.client.connection.reconnectNow();
    await host.runtime.settle();
    expect(dials).toHaveLength(3);
    expect(host.client.connection.state.status).toBe('live');
    expect(host.server.counts).toMatchObject({ connections: 1 });
  });

  it('keeps what is under way in a connection that it replaces', async () => {
    await using host = await openWakeHost();
    const waiting = host.client.desk.wait();
    await host.runtime.settle();
    host.client.connection.reconnectNow();
    await host.runtime.settle();
    host.answer.resolve('the same handler');
    expect(await waiting).toBe('the same handler');
  });

  it.each(['auth', 'opening', 'greeting'] as const)(
    'replaces an attempt that hangs in %s',
    async (phase) => {
      let attempts = 0;
      const isFirst = (): boolean => attempts++ === 0;
      const wrap = (dial: Dial): Dial => {
        if (phase === 'auth') return dial;
        return (url, names, sink) => {
          if (!isFirst()) return dial(url, names, sink);
          if (phase === 'greeting') setImmediate(() => sink.opened(SUBPROTOCOLS.packed));
          return NEVER;
        };
      };
      const auth = (): Promise<string> =>
        phase === 'auth' && isFirst() ? new Promise(() => {}) : Promise.resolve('');
      await using host = await openWakeHost({ auth }, {}, wrap);
      await host.runtime.settle();
      expect(host.client.connection.state.status).toBe('connecting');
      host.client.connection.reconnectNow();
      await host.runtime.settle();
      expect(host.client.connection.state.status).toBe('live');
      await host.runtime.advance(100_000);
      expect(host.network.connections).toHaveLength(1);
    },
  );

  it('makes a client that was denied of use again', async () => {
    let token = 'bad';
    const reasons: unknown[] = [];
    const auth = ({ reason }: { readonly reason: string }): string => {
      reasons.push(reason);
      return token;
    };
    await using host = await openWakeHost({ auth }, LOCKED);
    const { client, runtime } = host;
    await runtime.advance(1);
    expect(client.connection.state.status).toBe('denied');
    const refused = client.desk.echo('x').catch((error: unknown) => error);
    expect(await refused).toBeInstanceOf(TrunklineError);
    token = 'good';
    client.connection.reconnectNow();
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    expect(reasons.at(-1)).toBe('rejected');
    const seen: string[] = [];
    client.desk.news().subscribe({ message: (text) => seen.push(text) });
    expect(await client.desk.echo('logged in')).toBe('logged in');
    await host.publish('hello');
    await runtime.settle();
    expect(seen).toEqual(['hello']);
  });

  it('may be called again and again while the client is denied', async () => {
    await using host = await openWakeHost({ auth: () => 'bad' }, LOCKED);
    for (let times = 0; times < 5; times++) {
      host.client.connection.reconnectNow();
      await host.runtime.advance(1);
      expect(host.client.connection.state.status).toBe('denied');
    }
  });

  it('connects again after the server has ended it for good', async () => {
    let isFirst = true;
    const wrap =
      (dial: Dial): Dial =>
      (url, names, sink) => {
        if (!isFirst) return dial(url, names, sink);
        isFirst = false;
        setImmediate(() => sink.closed({ code: 4406, reason: 'trunkline.v9' }));
        return NEVER;
      };
    await using host = await openWakeHost({}, {}, wrap);
    await host.runtime.settle();
    expect(host.client.connection.state.status).toBe('closed');
    host.client.connection.reconnectNow();
    await host.runtime.settle();
    expect(await host.client.desk.echo('again')).toBe('again');
  });

  it('does nothing after close(), and neither do pause() and resume()', async () => {
    await using host = await openWakeHost();
    const { client, runtime, network } = host;
    client.close();
    client.connection.reconnectNow();
    client.connection.pause();
    client.connection.resume();
    host.page.show();
    await runtime.settle();
    expect(client.connection.state.status).toBe('closed');
    expect(network.connections).toHaveLength(1);
  });

  it('may be called by a watcher, and by who is told of a subscription', async () => {
    await using host = await openWakeHost();
    const { client, runtime } = host;
    let left = 3;
    const again = (): void => {
      if (left-- > 0) client.connection.reconnectNow();
    };
    client.connection.watch(({ status }) => status === 'live' && again());
    client.desk.news().subscribe({ message: () => {}, state: again });
    await runtime.advance(10_000);
    expect(left).toBeLessThan(0);
    expect(client.connection.state.status).toBe('live');
    expect(await client.desk.echo('x')).toBe('x');
    expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1 });
  });
});

describe('pause', () => {
  it('ends the connection, and resume() goes on where it was', async () => {
    await using host = await openWakeHost();
    const { client, runtime, server } = host;
    const seen: string[] = [];
    const states: string[] = [];
    client.desk.news().subscribe({
      message: (text) => seen.push(text),
      state: ({ status }) => states.push(status),
    });
    await runtime.settle();
    client.connection.pause();
    client.connection.pause();
    await runtime.settle();
    expect(client.connection.state).toMatchObject({
      status: 'idle',
      attempt: 0,
      reason: 'the client is paused',
    });
    expect(states.at(-1)).toBe('stale');
    expect(server.counts).toMatchObject({ connections: 0, sessions: 1, detached: 1 });
    const waiting = client.desk.echo('meanwhile');
    await host.publish('news');
    await runtime.advance(20_000);
    expect(host.network.connections).toHaveLength(1);
    client.connection.resume();
    await runtime.settle();
    expect(client.connection.state.status).toBe('live');
    expect(await waiting).toBe('meanwhile');
    expect(seen).toEqual(['news']);
    expect(states.at(-1)).toBe('live');
  });

  it('lets calls end by their deadlines, and says why', async () => {
    await using host = await openWakeHost();
    host.client.connection.pause();
    const late = host.client.desk.echo('x', { deadlineMs: 1_000 }).catch((e: unknown) => e);
    await host.runtime.advance(1_000);
    const error = (await late) as TrunklineError;
    expect(error).toMatchObject({ code: 'DEADLINE', executed: 'no' });
    expect(error.message).toContain('the client is paused');
  });

  it('before the first attempt has none made', async () => {
    const dials: string[] = [];
    await using host = await openWakeHost({}, {}, (dial) => (url, names, sink) => {
      dials.push(url);
      return dial(url, names, sink);
    });
    expect(dials).toHaveLength(1);
    host.client.connection.pause();
    await host.runtime.advance(60_000);
    expect(dials).toHaveLength(1);
    const live = host.client.connection.live();
    host.client.connection.resume();
    await live;
  });

  it('ends an attempt whatever it waits for', async () => {
    const closes: Close[] = [];
    const wrap = (): Dial => (_url, _names, sink) => {
      setImmediate(() => sink.opened(SUBPROTOCOLS.packed));
      return { ...NEVER, close: (close) => closes.push(close) };
    };
    await using host = await openWakeHost({}, {}, wrap);
    await host.runtime.settle();
    host.client.connection.pause();
    // There is no session yet that could stay.
    expect(closes).toEqual([{ code: 'DONE', reason: '' }]);
    await host.runtime.advance(100_000);
    expect(host.client.connection.state.status).toBe('idle');
  });

  it('is no matter of a client that is denied', async () => {
    await using host = await openWakeHost({ auth: () => 'bad' }, LOCKED);
    await host.runtime.advance(1);
    host.client.connection.pause();
    host.client.connection.resume();
    await host.runtime.settle();
    expect(host.client.connection.state.status).toBe('denied');
  });
});

/** A dial whose sockets a test keeps, to have them tell what they like, when they like. */
function keepingDial(): { readonly sinks: DialSink[]; readonly wrap: (dial: Dial) => Dial } {
  const sinks: DialSink[] = [];
  const wrap =
    (dial: Dial): Dial =>
    (url, names, sink) => {
      sinks.push(sink);
      const transport = dial(url, names, sink);
      // As on systems where a dead socket does not end, whatever it is told.
      return Object.defineProperties(
        { ...NEVER, write: (batches: readonly Uint8Array[]) => transport.write(batches) },
        { bufferedBytes: { get: () => transport.bufferedBytes } },
      ) as typeof transport;
    };
  return { sinks, wrap };
}

const EVENTS: readonly (readonly [string, (sink: DialSink) => void])[] = [
  ['open', (sink) => sink.opened(SUBPROTOCOLS.packed)],
  // A PING, and then what nobody may send.
  ['message', (sink) => sink.receive(Uint8Array.of(0, 7, 4, 1, 2, 3, 4))],
  ['malformed', (sink) => sink.receive(Uint8Array.of(0xff))],
  ['text', (sink) => sink.receiveText()],
  ['room', (sink) => sink.writable()],
  ['close', (sink) => sink.closed({ code: 1006, reason: '' })],
  ['refusal', (sink) => sink.closed({ code: 4403, reason: '' })],
];

function* orders<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of orders(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

describe('a socket that was left', () => {
  it.each(['while it was opening', 'while it was live', 'when it was taken for dead'])(
    'changes nothing, in whatever order its events come late, %s',
    async (when) => {
      for (const order of orders(EVENTS.slice(0, 5))) {
        for (const last of EVENTS.slice(5)) {
          const { sinks, wrap } = keepingDial();
          await using host = await openWakeHost({}, {}, wrap);
          const { client, runtime } = host;
          if (when === 'while it was opening') {
            client.connection.reconnectNow();
            client.connection.reconnectNow();
          } else if (when === 'while it was live') client.connection.reconnectNow();
          else {
            host.network.latest.hold('server');
            host.page.show();
            await runtime.advance(1_000);
          }
          await runtime.settle();
          const written = host.network.latest.fromClient.length;
          host.seen();
          for (const old of sinks.slice(0, -1)) {
            for (const [, happen] of [...order, last]) happen(old);
          }
          await runtime.settle();
          expect(host.seen()).toEqual([]);
          expect(client.connection.state.status).toBe('live');
          expect(host.network.latest.fromClient).toHaveLength(written);
          expect(await client.desk.echo('new')).toBe('new');
          for (const connection of host.network.connections) connection.cut();
          client.close();
        }
      }
    },
  );
});
