import type { Message } from '@trunkline/protocol';
import { bytesCall } from './chunks.js';
import type { Drivers, Outcome } from './driver.js';
import { outcomeOf, speakFor, times, withPeer, type LimitRig, type Lowered } from './limit-host.js';

/** A call whose outcome is remembered, with so many bytes in and out. */
const once = (id: number, key: number, size: number): Message => ({
  ...(bytesCall(id, 1, size) as Extract<Message, { kind: 'CALL' }>),
  idempotencyKey: Uint8Array.of(...new Uint8Array(14), key >> 8, key & 255),
});

async function onLab(limits: Lowered, act: (rig: LimitRig) => Promise<Outcome>): Promise<Outcome> {
  return withPeer(limits, async (rig) => {
    await rig.bindTo('lab.once');
    return act(rig);
  });
}

const remember = (amount: number, limits: Lowered) =>
  onLab(limits, async ({ host, peer }) => {
    const calls = times(amount, (n) => once(n * 2, n, 1));
    // As many in a turn as may be in flight.
    while (calls.length > 0) {
      await peer.send(...calls.splice(0, 100));
      await host.runtime.settle();
    }
    return outcomeOf(peer);
  });

/** Outcomes of these sizes are there; the last one is asked for again. */
const askAgain = (sizes: readonly number[], limits: Lowered) =>
  onLab(limits, async ({ peer }) => {
    for (const [n, size] of sizes.entries()) await peer.send(once(n * 2, n, size));
    const last = sizes.length - 1;
    await peer.send(once(100, last, sizes[last] as number));
    return outcomeOf(peer);
  });

/** Drivers of the limits of what is remembered of idempotent calls. */
export const IDEMPOTENCY_DRIVERS: Drivers = {
  idempotencyMs: {
    isReached: true,
    drive: (amount, limit) =>
      onLab({ idempotencyMs: limit }, async (rig) => {
        const { peer } = rig;
        await peer.send(once(0, 0, 1));
        await speakFor(rig, amount);
        await peer.send(once(2, 0, 2));
        // Another input is refused as long as the key is remembered.
        const [refused] = peer.of('ERROR');
        return refused?.code === 'IDEMPOTENCY_MISMATCH' ? 'works' : { kind: 'none' };
      }),
  },
  sessionIdempotencyKeys: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) => remember(amount, { sessionIdempotencyKeys: limit }),
  },
  idempotencyKeys: {
    value: 3,
    drive: (amount, limit) => remember(amount, { idempotencyKeys: limit }),
  },
  outcomeBytes: {
    value: 100,
    atDefault: true,
    drive: (amount, limit) => askAgain([amount], { outcomeBytes: limit }),
  },
  outcomeNodeBytes: {
    value: 100,
    drive: (amount, limit) => askAgain([40, amount - 40], { outcomeNodeBytes: limit }),
  },
};
