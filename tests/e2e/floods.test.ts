import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeBatch, FEATURES, Writer, type Message } from '@trunkline/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatService, createProbe } from '../support/chat-service.js';
import { bind, call, subscribe } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

// What one client sends without end, each kind of it: what it gets, and that nothing of it stays.

const MANY = 10_000;
/** What a flood may leave behind when it is not the first of its kind: a few bytes of each message. */
const LEFT_BYTES = 524_288;
const TOO_MUCH = { code: 4429, reason: '5000' };

interface Flood {
  readonly what: string;
  readonly features?: number;
  /** Sends it. */
  readonly send: (peer: RawPeer, host: RawHost) => Promise<void>;
  /** What is expected of it. */
  readonly check: (peer: RawPeer, host: RawHost) => void;
}

const ABORT: Message = {
  kind: 'CHUNK',
  transfer: 0,
  isFirst: false,
  isLast: false,
  isAbort: true,
  size: 0,
  bytes: new Uint8Array(0),
};

const times = (count: number, make: (n: number) => Message): Message[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** In batches that a server takes. */
async function sendAll(peer: RawPeer, messages: readonly Message[]): Promise<void> {
  for (let from = 0; from < messages.length && peer.closed === undefined; from += 1_000) {
    await peer.send(...messages.slice(from, from + 1_000));
    if (peer.closed === undefined) await peer.acknowledge();
  }
}

const FLOODS: readonly Flood[] = [
  {
    what: 'calls that run',
    send: (peer) => sendAll(peer, [bind(0, 'chat.wait'), ...times(MANY, (n) => call(2 * n, 0))]),
    check: (peer, host) => {
      expect(peer.closed).toEqual(TOO_MUCH);
      expect(new Set(peer.of('ERROR').map(({ code }) => code))).toEqual(new Set(['BUSY']));
      expect(host.server.counts.calls).toBeLessThanOrEqual(256);
    },
  },
  {
    what: 'CANCELs',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, () => ({ kind: 'CANCEL', id: 2, reason: 'stopped' })),
      ),
    check: (peer) => expect(peer.closed).toEqual(TOO_MUCH),
  },
  {
    what: 'SUBSCRIBEs',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, (n) => subscribe(n, 'chat.messages', { params: { room: `${n}` } })),
      ),
    check: (peer) => {
      expect(peer.closed).toEqual(TOO_MUCH);
      expect(peer.of('SUBSCRIBED').length).toBeLessThanOrEqual(1_024);
    },
  },
  {
    what: 'SUBSCRIBEs and UNSUBSCRIBEs in turn',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, (n) =>
          n % 2 === 0 ? subscribe(n / 2, 'chat.ticks') : { kind: 'UNSUBSCRIBE', sub: (n - 1) / 2 },
        ),
      ),
    check: (peer, host) => {
      expect(peer.closed).toEqual(TOO_MUCH);
      expect(host.server.counts.subscriptions).toBe(0);
    },
  },
  {
    what: 'SUBSCRIBEs to what is not there',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, (n) => subscribe(n, `chat.none${n}`)),
      ),
    check: (peer) => {
      expect(peer.closed).toEqual(TOO_MUCH);
      expect(new Set(peer.of('ENDED').map(({ code }) => code))).toEqual(new Set(['NOT_FOUND']));
    },
  },
  {
    what: 'PINGs',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, (n) => ({ kind: 'PING', value: n })),
      ),
    check: (peer) => {
      // One for each batch, whose last value it has.
      expect(peer.of('PONG').map(({ value }) => value)).toEqual(
        Array.from({ length: MANY / 1_000 }, (_, n) => 1_000 * n + 999),
      );
      expect(peer.closed).toBeUndefined();
    },
  },
  {
    what: 'PONGs that nobody asked for',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, (n) => ({ kind: 'PONG', value: n })),
      ),
    check: (peer) => expect(peer.closed).toBeUndefined(),
  },
  {
    what: 'batches that only acknowledge',
    send: async (peer) => {
      for (let n = 0; n < MANY; n++) await peer.acknowledge();
    },
    check: (peer) => {
      expect(peer.received.map(({ kind }) => kind)).toEqual(['WELCOME']);
      expect(peer.closed).toBeUndefined();
    },
  },
  {
    what: 'VOIDs',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, () => ({ kind: 'VOID' })),
      ),
    check: (peer) => {
      expect(peer.received.map(({ kind }) => kind)).toEqual(['WELCOME']);
      expect(peer.closed).toBeUndefined();
    },
  },
  {
    what: 'CREDITs for what is not there',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, (n) => ({ kind: 'CREDIT', id: 2 * n, items: n, bytes: n })),
      ),
    check: (peer) => expect(peer.closed).toBeUndefined(),
  },
  {
    what: 'CREDITs for more than is given',
    send: async (peer, host) => {
      host.network.latest.hold('server');
      const credit = (n: number): Message => ({
        kind: 'CREDIT',
        id: 0,
        items: 1e9 + n,
        bytes: 1e12,
      });
      await peer.send(bind(0, 'chat.count', 'stream'), call(0, 0, { to: 1e9 }));
      await sendAll(peer, times(MANY, credit));
      await peer.send({ kind: 'CANCEL', id: 0, reason: 'stopped' });
      host.network.latest.release('server');
      await host.runtime.settle();
    },
    check: (peer) => {
      // So many before those that were sent when a batch of them came.
      expect(peer.of('ITEM').length).toBeLessThanOrEqual(1_024 * (MANY / 1_000 + 2));
      expect(peer.closed).toBeUndefined();
    },
  },
  {
    what: 'BINDs',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, (n) => bind(n, 'chat.echo')),
      ),
    check: (peer) => expect(peer.closed).toEqual({ code: 4429, reason: '1000' }),
  },
  {
    what: 'values that begin and do not go on',
    features: FEATURES.CHUNK,
    send: (peer) => sendAll(peer, [bind(0, 'chat.blob'), ...times(MANY, beginning)]),
    check: (peer) => expect(peer.closed).toMatchObject({ code: 4400, reason: 'bad chunk' }),
  },
  {
    what: 'values that are taken back',
    features: FEATURES.CHUNK,
    send: (peer) =>
      sendAll(peer, [
        bind(0, 'chat.blob'),
        ...times(MANY, (n) => (n % 2 === 0 ? beginning(0) : ABORT)),
      ]),
    check: (peer) => {
      expect(peer.closed).toEqual(TOO_MUCH);
      expect(new Set(peer.of('ERROR').map(({ code }) => code))).toEqual(new Set(['CANCELLED']));
    },
  },
  {
    what: 'GOAWAYs, which only servers send',
    send: (peer) =>
      sendAll(
        peer,
        times(MANY, () => ({ kind: 'GOAWAY', reason: 'old', afterMs: 0, windowMs: 0 })),
      ),
    check: (peer) => expect(peer.closed?.code).toBe(4400),
  },
];

/** The first chunk of a call with a large input. */
function beginning(n: number): Message {
  const large = { ...call(2 * n, 0), encoding: 3 as const, bytes: new Uint8Array(100) };
  const bytes = encodeBatch(new Writer(), {}, [large]).slice(1);
  const chunk = { isFirst: true, isLast: false, isAbort: false } as const;
  return { kind: 'CHUNK', transfer: n, ...chunk, size: 500_000, bytes };
}

let collect: () => void = () => undefined;

beforeAll(() => {
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as () => void;
});

afterAll(() => setFlagsFromString('--no-expose-gc'));

async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a flood of', () => {
  it.each(FLOODS)(
    '$what is borne, and leaves nothing',
    async ({ features = 0, send, check }) => {
      const probe = createProbe();
      await using host = openRawHost({ anonymous: true, services: [chatService(probe)] });
      const neighbour = host.connect();
      await neighbour.hello();
      await neighbour.send(bind(0, 'chat.echo'));
      const flood = async (): Promise<number> => {
        const peer = host.connect();
        await peer.hello('', features);
        await send(peer, host);
        check(peer, host);
        await peer.cut();
        // What the test itself remembers.
        peer.received.length = 0;
        probe.signals.length = 0;
        host.network.connections.pop();
        // Timers in virtual time are held until their time has come, also those that were stopped.
        for (let n = 0; n < 4; n++) {
          await neighbour.send({ kind: 'PING', value: n });
          await host.runtime.advance(10_000);
        }
        expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1, subscriptions: 0 });
        return heldBytes();
      };
      await flood();
      probe.answer.resolve('done');
      await host.runtime.settle();
      // What a flood leaves, each of them leaves; code that V8 makes of it comes once, at any time.
      const held = [await flood(), await flood(), await flood()] as const;
      const left = Math.min(held[1] - held[0], held[2] - held[1]);
      expect(left, `held ${held.join(', ')}`).toBeLessThan(LEFT_BYTES);
      await neighbour.send(call(0, 0, 'alive'));
      expect(neighbour.of('RESULT')).toHaveLength(1);
      expect(host.failures).toEqual([]);
    },
    30_000,
  );
});
