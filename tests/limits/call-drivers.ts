import { FEATURES, type Message } from '@trunkline/protocol';
import { createClientCalls, TrunklineError, type ServerOptions } from '@trunkline/server';
import { chatService } from '../support/chat-service.js';
import { createDesk, desk } from '../support/desk.js';
import { bind, call } from '../support/messages.js';
import { abortOf, bytesCall, chunksOf } from './chunks.js';
import { HELD, type Drivers, type Outcome } from './driver.js';
import { labService } from './lab.js';
import { outcomeOf, speakFor, times, withPeer, type LimitRig } from './limit-host.js';

/** What a value that comes in chunks takes at first, if it is as large. */
const SET_ASIDE = 131_072;
/** What a value costs beside its bytes while its handler runs. */
const VALUE_COST = 48;

const cancel = (id: number): Message => ({ kind: 'CANCEL', id, reason: 'withdrawn' });

/** Sends messages one after the other, as many in a second as are wanted. */
export async function pace(
  { host, peer }: LimitRig,
  perSecond: number,
  make: (index: number) => Message,
): Promise<void> {
  for (let n = 0; n < perSecond * 2; n++) {
    await peer.send(make(n));
    await host.runtime.advance(1_000 / perSecond);
  }
}

/** The server calls its client so many times, which does not answer. */
async function callClient(amount: number, limit: number): Promise<Outcome> {
  const { service, sessions } = createDesk();
  const options: Partial<ServerOptions> & { features: number } = {
    features: FEATURES.CALLS | FEATURES.CHUNK,
    services: [chatService(), labService(), service],
  };
  return withPeer(
    { clientCalls: limit },
    async ({ host, peer }) => {
      await peer.send(bind(1, 'desk.ping'), call(0, 1));
      const calls = createClientCalls(desk, sessions[0] as never);
      let outcome: Outcome = 'works';
      for (const made of times(amount, () => calls.wait())) {
        made.catch((error: TrunklineError) => {
          if (error.executed === 'no') outcome = { kind: 'error', code: error.code as 'BUSY' };
        });
      }
      await host.runtime.settle();
      return outcome;
    },
    options,
  );
}

async function takeUp(
  amount: number,
  limits: { readonly assemblyBytes: number } | { readonly assemblyNodeBytes: number },
): Promise<Outcome> {
  return withPeer(limits, async ({ host, peer }) => {
    const isNode = 'assemblyNodeBytes' in limits;
    const other = isNode ? host.connect() : peer;
    if (isNode) await other.hello('', FEATURES.CHUNK);
    if (isNode) await other.send(bind(0, 'chat.echo'));
    await other.send(chunksOf(1, bytesCall(0, 0, SET_ASIDE * 2))[0] as Message);
    const [first] = chunksOf(2, bytesCall(2, 0, amount - SET_ASIDE));
    await peer.send(first as Message);
    const outcome = outcomeOf(peer);
    await peer.send(abortOf(2));
    return outcome;
  });
}

const waitForCall = (limits: Parameters<typeof withPeer>[0], waitMs: number, deadlineMs?: number) =>
  withPeer(limits, async (rig) => {
    const wait = await rig.bindTo('chat.wait');
    await rig.peer.send({ ...call(0, wait), ...(deadlineMs !== undefined && { deadlineMs }) });
    await speakFor(rig, waitMs);
    return outcomeOf(rig.peer);
  });

/** Drivers of the limits of calls. */
export const CALL_DRIVERS: Drivers = {
  callsInFlight: {
    value: 4,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ callsInFlight: limit }, async ({ peer, bindTo }) => {
        const wait = await bindTo('chat.wait');
        await peer.send(...times(amount, (n) => call(n * 2, wait)));
        return outcomeOf(peer);
      }),
  },
  clientCalls: { value: 4, atDefault: true, drive: callClient },
  valueInBytes: {
    value: 100,
    drive: (amount, limit) =>
      withPeer({ valueInBytes: limit }, async ({ peer }) => {
        await peer.send(bytesCall(0, 0, amount));
        return outcomeOf(peer);
      }),
  },
  valueOutBytes: {
    value: 100,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ valueOutBytes: limit }, async ({ host, peer, bindTo }) => {
        await peer.send(call(0, await bindTo('lab.give'), amount));
        await host.runtime.settle();
        return outcomeOf(peer);
      }),
  },
  assemblyNodeBytes: {
    value: 150_000,
    drive: (amount, limit) => takeUp(amount, { assemblyNodeBytes: limit }),
  },
  assemblyBytes: {
    value: 150_000,
    drive: (amount, limit) => takeUp(amount, { assemblyBytes: limit }),
  },
  inputCost: {
    value: 1_000,
    drive: (amount, limit) =>
      withPeer({ inputCost: limit }, async ({ peer, bindTo }) => {
        const park = await bindTo('lab.park');
        await peer.send(bytesCall(0, park, 100));
        await peer.send(bytesCall(2, park, amount - 100 - VALUE_COST * 2));
        const outcome = outcomeOf(peer);
        await peer.send(cancel(0), cancel(2));
        return outcome;
      }),
  },
  boundProcedures: {
    value: 5,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ boundProcedures: limit }, async ({ peer }) => {
        await peer.send(...times(amount - 1, (n) => bind(n + 1, 'chat.echo')));
        return outcomeOf(peer);
      }),
  },
  deadlineMs: {
    value: 5_000,
    atDefault: true,
    isReached: true,
    drive: (amount, limit) => waitForCall({ deadlineMs: limit }, amount),
  },
  maxDeadlineMs: {
    value: 5_000,
    atDefault: true,
    isReached: true,
    drive: (amount, limit) =>
      waitForCall({ deadlineMs: 1_000, maxDeadlineMs: limit }, amount, 1_000_000_000),
  },
  callRate: {
    // It is off unless it is set.
    value: 10,
    drive: (amount, limit) =>
      withPeer({ callRate: limit, callBurst: 1 }, async (rig) => {
        await pace(rig, amount, (n) => call(n * 2, 0));
        await rig.host.runtime.advance(1_000);
        return outcomeOf(rig.peer);
      }),
  },
  callBurst: {
    value: 5,
    drive: (amount, limit) =>
      withPeer({ callRate: 1, callBurst: limit }, async ({ host, peer }) => {
        await peer.send(...times(amount, (n) => call(n * 2, 0)));
        await host.runtime.advance(1_000);
        return outcomeOf(peer);
      }),
  },
  rateCallers: {
    value: 3,
    drive: (amount, limit) =>
      withPeer(
        { callRate: 1, callBurst: 1, rateCallers: limit },
        async ({ host }) => {
          const peers = times(amount, () => host.connect());
          for (const [n, peer] of peers.entries()) {
            await peer.hello(`p${n}`);
            await peer.send(bind(0, 'chat.echo'), call(0, 0));
          }
          const [first] = peers;
          await first?.send(call(2, 0));
          // Who is still counted has used up what there was.
          return first?.of('ERROR')[0]?.code === 'RATE' ? 'works' : HELD;
        },
        { token: 'rig', authenticate: ({ token }) => ({ principal: token, user: undefined }) },
      ),
  },
  faultRate: {
    value: 10,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ faultRate: limit, faultBurst: 1 }, async (rig) => {
        await pace(rig, amount, (n) => cancel(n * 2));
        return outcomeOf(rig.peer);
      }),
  },
  faultBurst: {
    value: 5,
    atDefault: true,
    drive: (amount, limit) =>
      withPeer({ faultBurst: limit }, async ({ peer }) => {
        await peer.send(...times(amount, (n) => cancel(n * 2)));
        return outcomeOf(peer);
      }),
  },
  heldBytes: {
    value: 1_000,
    drive: (amount, limit) =>
      withPeer({ heldBytes: limit }, async ({ peer }) => {
        await peer.send(bytesCall(0, 0, amount));
        await peer.send(bytesCall(2, 0, 1));
        return outcomeOf(peer);
      }),
  },
  heldMaxBytes: {
    value: 1_000,
    drive: (amount, limit) =>
      withPeer({ heldBytes: limit, heldMaxBytes: limit }, async ({ peer }) => {
        await peer.send(bytesCall(0, 0, 500));
        await peer.send(bytesCall(2, 0, amount - 500));
        return outcomeOf(peer);
      }),
  },
};
