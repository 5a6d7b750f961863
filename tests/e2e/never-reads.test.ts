import { setMaxListeners } from 'node:events';
import { call as callOf, contract, stream, topic } from '@trunkline/contract';
import { FEATURES, type Message } from '@trunkline/protocol';
import { createClientCalls, createTopics, implement, MemoryBroker } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bind, call, subscribe } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

// A client that says that it lives and takes nothing, for each kind of thing that it could take.

const hall = contract('hall', {
  echo: callOf({ input: z.string(), output: z.string() }),
  blob: callOf({ output: z.instanceof(Uint8Array) }),
  summon: callOf(),
  pour: stream({ down: z.string() }),
  news: topic({ message: z.string(), public: true, keep: { count: 1_000 } }),
  client: { ask: callOf({ input: z.string() }) },
});

/** What one session may have waiting, whatever it is: results, topic messages and items. */
const MOST_BYTES = 12 * 1_048_576;
const KILO = 'x'.repeat(1_000);

function openHall() {
  const broker = new MemoryBroker();
  const service = implement(hall, {
    echo: (text) => text,
    blob: () => new Uint8Array(1_000_000),
    summon: async (_input, { session, signal }) => {
      setMaxListeners(0, signal);
      const client = createClientCalls(hall, session);
      const ask = () => client.ask(KILO, { signal }).catch(() => undefined);
      await Promise.all(Array.from({ length: 256 }, ask));
    },
    *pour() {
      for (;;) yield KILO;
    },
  });
  const host = openRawHost({ anonymous: true, broker, services: [service] });
  return { host, topics: createTopics(hall, broker) };
}

type Hall = ReturnType<typeof openHall>;

interface Kind {
  readonly what: string;
  /** Whether all of it fits into its socket: then nothing waits, and nobody is blamed. */
  readonly fits?: boolean;
  /** Has the server make a lot of it. */
  readonly make: (peer: RawPeer, hall: Hall) => Promise<void>;
}

const times = (count: number, make: (n: number) => Message): Message[] =>
  Array.from({ length: count }, (_, n) => make(n));

const KINDS: readonly Kind[] = [
  {
    what: 'results',
    make: async (peer) => {
      for (let n = 0; n < 25; n++) await peer.send(...times(100, (m) => call(2 * m, 0, KILO)));
    },
  },
  {
    what: 'large results',
    make: (peer) => peer.send(...times(100, (n) => call(2 * n, 1))),
  },
  {
    what: 'errors',
    fits: true,
    make: (peer) => peer.send(...times(1_000, (n) => call(2 * n, 0, n))),
  },
  {
    what: 'items of streams',
    make: async (peer) => {
      await peer.send(...times(32, (n) => call(2 * n, 3)));
      const more = (n: number): Message => ({ kind: 'CREDIT', id: 2 * n, items: 1e6, bytes: 1e9 });
      await peer.send(...times(32, more));
    },
  },
  {
    what: 'calls of the server',
    make: (peer) => peer.send(call(0, 2)),
  },
  {
    what: 'topic messages',
    make: async (peer, { topics }) => {
      await peer.send(subscribe(0, 'hall.news'));
      for (let n = 0; n < 5_000; n++) await topics.news().publish(KILO);
    },
  },
  {
    what: 'the history of topics',
    make: async (peer, { topics }) => {
      for (let n = 0; n < 1_000; n++) await topics.news().publish(KILO);
      await peer.send(...times(500, (n) => subscribe(n, 'hall.news', { last: 1_000 })));
    },
  },
  {
    what: 'answers to SUBSCRIBE',
    fits: true,
    make: (peer) => peer.send(...times(1_000, (n) => subscribe(n, 'hall.none'))),
  },
  {
    what: 'PONGs',
    fits: true,
    make: async (peer) => {
      for (let n = 0; n < 2_000; n++) await peer.send({ kind: 'PING', value: n });
    },
  },
];

/** Lets time pass in which one says that it lives, and the other takes what it is given. */
async function stayAlive(
  { peer, neighbour }: { readonly peer: RawPeer; readonly neighbour: RawPeer },
  host: RawHost,
  ms: number,
): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await peer.send({ kind: 'PING', value: left });
    await neighbour.acknowledge();
    await host.runtime.advance(1_000);
  }
}

describe('a client that never takes', () => {
  it.each(KINDS)('$what: has little waiting for it, and harms nobody', async ({ make, fits }) => {
    const hallOf = openHall();
    const { host } = hallOf;
    await using _ = host;
    const neighbour = host.connect();
    await neighbour.hello();
    await neighbour.send(bind(0, 'hall.echo'));
    const peer = host.connect();
    await peer.hello('', FEATURES.CHUNK | FEATURES.CALLS);
    const names = ['echo', 'blob', 'summon'];
    await peer.send(...names.map((name, n) => bind(n, `hall.${name}`)));
    await peer.send(bind(3, 'hall.pour', 'stream'));
    const { latest } = host.network;
    latest.hold('server');
    await make(peer, hallOf);
    await host.runtime.settle();
    const { outboxBytes, unackedBytes } = host.server.counts;
    expect(outboxBytes + unackedBytes).toBeLessThan(MOST_BYTES);
    await neighbour.send(call(0, 0, 'alive'));
    expect(neighbour.of('RESULT')).toHaveLength(1);
    await stayAlive({ peer, neighbour }, host, 11_000);
    latest.release('server');
    await host.runtime.settle();
    expect(peer.closed?.code).toBe(fits ? undefined : 4508);
    await peer.cut();
    // Handlers may take until their signal has reached them.
    await host.runtime.settle();
    const nothing = { subscriptions: 0, calls: 0, outboxBytes: 0, unackedBytes: 0 };
    expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1, ...nothing });
  });
});
