import { encodeBatch, FEATURES, Writer, type Message } from '@trunkline/protocol';
import { createDeferred } from '../support/deferred.js';
import { bind } from '../support/messages.js';
import type { RawPeer } from '../support/raw-peer.js';
import { HELD, type Drivers, type Outcome } from './driver.js';
import { outcomeOf, times, withPeer, type LimitRig, type Lowered } from './limit-host.js';

/** What a batch that is held before WELCOME costs beside its bytes. */
const HELD_BYTES = 64;

/** Somebody else tries what may be done before a session is there. */
async function strange(
  limits: Lowered,
  act: (peer: RawPeer, rig: LimitRig) => Promise<void>,
): Promise<Outcome> {
  return withPeer(limits, async (rig) => {
    const peer = rig.host.connect();
    await act(peer, rig);
    return outcomeOf(peer);
  });
}

const hello = (token: string): Message => ({
  kind: 'HELLO',
  features: 0,
  agent: '',
  token,
  revisions: [],
});

const sizeOf = (message: Message): number => encodeBatch(new Writer(), {}, [message]).length;

/** Authentication that waits for all but the first client. */
async function whileAuthenticating(
  limits: Lowered,
  act: (rig: LimitRig, gate: { open(): void; readonly started: number }) => Promise<Outcome>,
): Promise<Outcome> {
  const gate = createDeferred<void>();
  let started = 0;
  const identity = { principal: 'ann', user: undefined };
  return withPeer(
    limits,
    async (rig) => {
      started = 0;
      const outcome = await act(rig, {
        open: () => gate.resolve(),
        get started() {
          return started;
        },
      });
      gate.resolve();
      await rig.host.runtime.settle();
      return outcome;
    },
    {
      token: 'known',
      features: FEATURES.AUTH | FEATURES.CHUNK,
      authenticate: ({ token }) => {
        started++;
        return token === 'known' ? identity : gate.promise.then(() => identity);
      },
    },
  );
}

/** Drivers of the limits of what comes before a session, and of renewals in it. */
export const HANDSHAKE_DRIVERS: Drivers = {
  principalSessions: {
    value: 2,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer(
        { principalSessions: limit },
        async ({ host }) => {
          const peers = times(amount, () => host.connect());
          for (const peer of peers) await peer.hello('ann');
          return outcomeOf(peers.at(-1) as RawPeer);
        },
        { token: 'zoe', authenticate: ({ token }) => ({ principal: token, user: undefined }) },
      ),
  },
  helloMs: {
    isReached: true,
    drive: (amount, limit) =>
      strange({ helloMs: limit }, (_peer, { host }) => host.runtime.advance(amount)),
  },
  helloBytes: {
    value: 500,
    drive: (amount, limit) =>
      strange({ helloBytes: limit }, async (peer) => {
        let token = '';
        while (sizeOf(hello(token)) < amount) token += 't';
        await peer.send(hello(token));
      }),
  },
  earlyBytes: {
    value: 200,
    drive: (amount, limit) =>
      whileAuthenticating({ earlyBytes: limit }, async ({ host }, gate) => {
        const peer = host.connect();
        await peer.hello('late');
        let name = 'n.n';
        const seq = 2;
        while (sizeOf(bind(0, name)) + seq + HELD_BYTES < amount) name += 'n';
        await peer.send(bind(0, name));
        gate.open();
        await host.runtime.settle();
        return outcomeOf(peer);
      }),
  },
  authMs: {
    isReached: true,
    drive: (amount, limit) =>
      whileAuthenticating({ authMs: limit }, async ({ host, peer: rigPeer }) => {
        const peer = host.connect();
        await peer.hello('late');
        await host.runtime.advance(amount);
        await rigPeer.send({ kind: 'PING', value: 0 });
        return outcomeOf(peer);
      }),
  },
  authPending: {
    atDefault: true,
    value: 2,
    drive: (amount, limit) =>
      whileAuthenticating({ authPending: limit }, async ({ peer }) => {
        await peer.send(...times(amount, (): Message => ({ kind: 'AUTH', token: 'late' })));
        return outcomeOf(peer);
      }),
  },
  minIdleMs: {
    drive: (amount, limit) =>
      withPeer({ minIdleMs: limit }, async ({ host }) => {
        const peer = host.connect();
        // More than the limit is less of what is asked for.
        const idleMs = limit * 2 - amount;
        await peer.send({ ...hello(''), idleMs } as Message);
        return peer.of('WELCOME')[0]?.idleMs === idleMs ? 'works' : HELD;
      }),
  },
  authPlaceMs: {
    isReached: true,
    drive: (amount, limit) =>
      whileAuthenticating({ authRunning: 1, authPlaceMs: limit }, async ({ host }, gate) => {
        await host.connect().hello('late');
        await host.runtime.advance(amount);
        await host.connect().hello('late');
        return gate.started === 1 ? 'works' : HELD;
      }),
  },
  authRunning: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) =>
      whileAuthenticating(
        { authRunning: limit, principalSessions: 1_000 },
        async ({ host }, gate) => {
          const peers = times(amount, () => host.connect());
          for (const peer of peers) await peer.hello('late', FEATURES.CHUNK);
          const outcome: Outcome = gate.started === amount ? 'works' : HELD;
          gate.open();
          await host.runtime.settle();
          const welcome = peers.filter((peer) => peer.of('WELCOME').length === 1);
          return welcome.length === amount ? outcome : { kind: 'cut' };
        },
      ),
  },
};
