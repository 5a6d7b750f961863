import { FEATURES } from '@trunkline/protocol';
import type { RawPeer } from '../support/raw-peer.js';
import { bind } from '../support/messages.js';
import { bytesCall } from './chunks.js';
import type { Drivers, Outcome } from './driver.js';
import { outcomeOf, times, withPeer, type LimitRig, type Lowered } from './limit-host.js';

const RESUMES = FEATURES.RESUME | FEATURES.CHUNK;
const ANN = { principal: 'ann', user: undefined };

/** Comes back to the session of a peer, and says what that came to. */
async function comeBack({ host }: LimitRig, gone: RawPeer): Promise<Outcome> {
  const [welcome] = gone.of('WELCOME');
  if (welcome === undefined) throw new Error('it never had a session');
  const { session, secret } = welcome;
  const peer = host.connect();
  const { rx } = gone;
  const resume = { attach: 2, rx, first: gone.tx + 1, features: RESUMES, token: '', revisions: [] };
  await peer.send({ kind: 'RESUME', session, secret, ...resume });
  const outcome = outcomeOf(peer);
  await peer.cut();
  return outcome;
}

/** Sessions whose clients leave one after the other; gives them in that order. */
async function leaveAll({ host }: LimitRig, count: number): Promise<readonly RawPeer[]> {
  const peers = times(count, () => host.connect());
  for (const peer of peers) await peer.hello('', RESUMES);
  for (const peer of peers) await peer.cut();
  return peers;
}

/** So many leave; what became of the first of them? */
const firstOf = (amount: number, limits: Lowered, isSomebody = false) =>
  withPeer(
    limits,
    async (rig) => {
      const [first] = await leaveAll(rig, amount);
      return comeBack(rig, first as RawPeer);
    },
    isSomebody ? { authenticate: () => ANN } : {},
  );

/** That a session has ended is what is remembered here. */
async function isRemembered(outcome: Promise<Outcome>): Promise<Outcome> {
  const seen = await outcome;
  return seen !== 'works' && seen.kind === 'gone' && seen.reason === 'expired' ? 'works' : seen;
}

/** Drivers of the limits of sessions without a connection. */
export const SESSION_DRIVERS: Drivers = {
  detachedMs: {
    isReached: true,
    drive: (amount, limit) =>
      withPeer({ detachedMs: limit }, async (rig) => {
        const [peer] = await leaveAll(rig, 1);
        await rig.peer.cut();
        await rig.host.runtime.advance(amount);
        return comeBack(rig, peer as RawPeer);
      }),
  },
  principalDetached: {
    value: 2,
    drive: (amount, limit) => firstOf(amount, { principalDetached: limit }, true),
  },
  detachedSessions: {
    value: 2,
    drive: (amount, limit) => firstOf(amount, { detachedSessions: limit }),
  },
  detachedBytes: {
    value: 1_000,
    drive: (amount, limit) =>
      withPeer({ detachedBytes: limit }, async (rig) => {
        const peer = rig.host.connect();
        await peer.hello('', RESUMES);
        await peer.send(bind(0, 'chat.blob'), bytesCall(0, 0, amount));
        await peer.cut();
        return comeBack(rig, peer);
      }),
  },
  tombstones: {
    value: 2,
    drive: (amount, limit) =>
      isRemembered(firstOf(amount, { detachedSessions: 0, tombstones: limit })),
  },
  tombstoneMs: {
    isReached: true,
    drive: (amount, limit) =>
      isRemembered(
        withPeer({ detachedSessions: 0, tombstoneMs: limit }, async (rig) => {
          const [peer] = await leaveAll(rig, 1);
          await rig.peer.cut();
          await rig.host.runtime.advance(amount);
          return comeBack(rig, peer as RawPeer);
        }),
      ),
  },
};
