import { call as callOf, contract, stream } from '@trunkline/contract';
import { ENCODING, FEATURES } from '@trunkline/protocol';
import { implement } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { bind, call } from '../support/messages.js';
import { openRawHost, payloadOf } from '../support/raw-peer.js';

const IDLE_MS = 8_000;
/** Streams are looked at eight times within the limit, so an end comes so much later at most. */
const LATE_MS = IDLE_MS / 8;

const feed = contract('feed', {
  watch: stream({ down: z.int() }),
  mix: stream({ up: z.int(), down: z.int() }),
  sum: stream({ up: z.int(), output: z.int() }),
  ping: callOf(),
});

/** Streams that give what a test gives them, and no more. */
async function openFeed(limits: { streamIdleMs?: number; downCreditItems?: number } = {}) {
  const gates = Array.from({ length: 10 }, () => createDeferred<number>());
  const probe = { aborted: [] as unknown[], finished: 0 };
  const service = implement(feed, {
    async *watch(_input, { signal }) {
      signal.addEventListener('abort', () => probe.aborted.push(signal.reason));
      const ended = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      try {
        for (const gate of gates) yield await Promise.race([gate.promise, ended]);
      } finally {
        probe.finished++;
      }
    },
    async *mix(_input, { items }) {
      for await (const item of items) yield item;
    },
    async sum(_input, { items, signal }) {
      let sum = 0;
      for await (const item of items) sum += item;
      // What comes after the last item may take its time.
      await new Promise((resolve) => {
        void gates[0]?.promise.then(resolve);
        signal.addEventListener('abort', resolve);
      });
      return sum;
    },
    ping: () => undefined,
  });
  const host = openRawHost({
    services: [service],
    anonymous: true,
    limits: { streamIdleMs: IDLE_MS, ...limits },
  });
  const peer = host.connect();
  await peer.hello('', FEATURES.CHUNK);
  await peer.send(
    bind(0, 'feed.watch', 'stream'),
    bind(1, 'feed.mix', 'stream'),
    bind(2, 'feed.sum', 'stream'),
    bind(3, 'feed.ping'),
  );
  const speakFor = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 2_000) {
      await host.runtime.advance(Math.min(left, 2_000));
      await peer.send({ kind: 'PING', value: 0 });
    }
  };
  return { host, peer, gates, probe, speakFor };
}

const item = (id: number, value: number) => ({ kind: 'ITEM', id, ...payloadOf(value) }) as const;
const end = (id: number) =>
  ({ kind: 'END', id, encoding: ENCODING.NONE, bytes: new Uint8Array(0) }) as const;
const IDLE = { id: 0, code: 'STREAM_IDLE', executed: 'unknown' };

describe('a stream without items', () => {
  it('ends with STREAM_IDLE where its handler gives none, which is told and stopped', async () => {
    const { host, peer, probe, gates, speakFor } = await openFeed();
    await using _ = host;
    await peer.send(call(0, 0));
    await speakFor(IDLE_MS);
    gates[0]?.resolve(1);
    await speakFor(IDLE_MS);
    expect(peer.of('ERROR')).toEqual([]);
    await speakFor(LATE_MS);
    expect(peer.of('ITEM')).toHaveLength(1);
    expect(peer.of('ERROR')).toMatchObject([IDLE]);
    expect(probe).toMatchObject({ aborted: [{ code: 'STREAM_IDLE' }], finished: 1 });
    expect(host.server.counts.calls).toBe(0);
    // Its id is free again, and the next one under it is none of its business.
    await peer.send(call(0, 0));
    await speakFor(IDLE_MS);
    expect(peer.of('ERROR')).toHaveLength(1);
  });

  it('ends where its caller sends none, and goes on with one either way', async () => {
    const { host, peer, speakFor } = await openFeed();
    await using _ = host;
    await peer.send(call(0, 1));
    for (let n = 0; n < 3; n++) {
      await speakFor(IDLE_MS);
      await peer.send(item(0, n));
    }
    expect(peer.of('ITEM')).toHaveLength(3);
    expect(peer.of('ERROR')).toEqual([]);
    await speakFor(IDLE_MS + LATE_MS);
    expect(peer.of('ERROR')).toMatchObject([IDLE]);
  });

  it('goes on while there is no credit for one', async () => {
    const { host, peer, gates, speakFor } = await openFeed({ downCreditItems: 1 });
    await using _ = host;
    await peer.send(call(0, 0));
    gates[0]?.resolve(1);
    await speakFor(IDLE_MS * 3);
    expect(peer.of('ERROR')).toEqual([]);
    await peer.send({ kind: 'CREDIT', id: 0, items: 2, bytes: 1_000 });
    await speakFor(IDLE_MS);
    expect(peer.of('ERROR')).toEqual([]);
    await speakFor(LATE_MS);
    expect(peer.of('ERROR')).toMatchObject([IDLE]);
  });

  it('goes on while its handler works on what has come to its end', async () => {
    const { host, peer, gates, speakFor } = await openFeed();
    await using _ = host;
    await peer.send(call(0, 2), item(0, 4), end(0));
    await speakFor(IDLE_MS * 3);
    expect(peer.of('ERROR')).toEqual([]);
    gates[0]?.resolve(0);
    await host.runtime.settle();
    expect(peer.of('END')).toHaveLength(1);
  });

  it('goes on for ever where the limit is 0', async () => {
    const { host, peer, speakFor } = await openFeed({ streamIdleMs: 0 });
    await using _ = host;
    await peer.send(call(0, 0));
    await speakFor(400_000);
    expect(peer.of('ERROR')).toEqual([]);
  });
});
