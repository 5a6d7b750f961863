import { ENCODING } from '@trunkline/protocol';
import { call } from '../support/messages.js';
import { HELD, type Drivers, type Outcome } from './driver.js';
import { outcomeOf, speakFor, times, withPeer, type Lowered } from './limit-host.js';

/** A stream of single bytes is allowed so much before what was sent. */
async function allow(
  limits: Lowered,
  credit: { readonly items: number; readonly bytes: number },
): Promise<Outcome> {
  return withPeer(limits, async ({ host, peer, bindTo }) => {
    await peer.send(call(0, await bindTo('lab.bytes', 'stream'), 100));
    const sent = peer.of('ITEM').length;
    const items = sent + credit.items;
    await peer.send({ kind: 'CREDIT', id: 0, items, bytes: sent + credit.bytes });
    await host.runtime.settle();
    const wanted = Math.min(items, sent + credit.bytes);
    return peer.of('ITEM').length === wanted ? 'works' : HELD;
  });
}

/** A caller sends items to a handler that takes none. */
async function sendItems(limits: Lowered, amount: number): Promise<Outcome> {
  return withPeer(limits, async ({ peer, bindTo }) => {
    await peer.send(call(0, await bindTo('lab.hold', 'stream')));
    const item = {
      kind: 'ITEM',
      id: 0,
      encoding: ENCODING.BYTES,
      bytes: new Uint8Array(1),
    } as const;
    for (let n = 0; n < amount && peer.closed === undefined; n++) await peer.send(item);
    return outcomeOf(peer);
  });
}

/** Streams to the server are begun, each of which may have one byte on its way. */
const beginUploads = (amount: number, limits: Lowered) =>
  withPeer(limits, async ({ peer, bindTo }) => {
    const sum = await bindTo('chat.sum', 'stream');
    await peer.send(...times(amount, (n) => call(n * 2, sum)));
    return outcomeOf(peer);
  });

/** Drivers of the limits of streams. */
export const STREAM_DRIVERS: Drivers = {
  streams: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) => beginUploads(amount, { streams: limit }),
  },
  streamIdleMs: {
    value: 8_000,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ streamIdleMs: limit }, async (rig) => {
        await rig.peer.send(call(0, await rig.bindTo('chat.sum', 'stream')));
        // It is looked at eight times within the limit, so that it may be an eighth longer.
        await speakFor(rig, amount > limit ? (limit * 9) / 8 : amount);
        return outcomeOf(rig.peer);
      }),
  },
  downCreditItems: {
    value: 5,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ downCreditItems: limit }, async ({ host, peer, bindTo }) => {
        await peer.send(call(0, await bindTo('lab.bytes', 'stream'), amount));
        await host.runtime.settle();
        return peer.of('ITEM').length === amount ? 'works' : HELD;
      }),
  },
  downCreditBytes: {
    value: 20,
    drive: (amount, limit) =>
      withPeer({ downCreditBytes: limit }, async ({ host, peer, bindTo }) => {
        await peer.send(call(0, await bindTo('lab.bytes', 'stream'), amount));
        await host.runtime.settle();
        return peer.of('ITEM').length === amount ? 'works' : HELD;
      }),
  },
  downCreditMaxItems: {
    value: 5,
    drive: (amount, limit) =>
      allow({ downCreditItems: 2, downCreditMaxItems: limit }, { items: amount, bytes: 1_000 }),
  },
  downCreditMaxBytes: {
    value: 5,
    drive: (amount, limit) =>
      allow({ downCreditBytes: 2, downCreditMaxBytes: limit }, { items: 1_000, bytes: amount }),
  },
  upCreditItems: {
    value: 4,
    atDefault: true,
    drive: (amount, limit) => sendItems({ upCreditItems: limit }, amount),
  },
  upCreditBytes: {
    value: 6,
    drive: (amount, limit) => sendItems({ upCreditBytes: limit }, amount),
  },
  upCreditSessionBytes: {
    value: 4,
    drive: (amount, limit) =>
      beginUploads(amount, { upCreditBytes: 1, upCreditSessionBytes: limit }),
  },
};
