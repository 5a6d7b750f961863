import { connect, TrunklineError, type ClientOptions } from '@trunkline/client';
import { inspect } from '@trunkline/client/testing';
import type { Closed, Dial } from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { chat } from '../support/chat.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { payloadOf } from '../support/raw-peer.js';
import { openWakeHost } from '../support/wake-host.js';
import { HELD, type Drivers, type Outcome } from './driver.js';
import { lab, labService } from './lab.js';
import { times } from './limit-host.js';

const CUT: Closed = { code: 1006, reason: '' };
const contracts = { chat, lab };
type Options = Pick<ClientOptions, 'limits' | 'auth' | 'dial'> & { readonly isDown?: boolean };

function openClient({ isDown = false, ...options }: Options) {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const probe = createProbe();
  const services = [chatService(probe), labService()];
  const server = createServer({ anonymous: true, services, runtime });
  acceptInMemory(server, network);
  network.isDown = isDown;
  const errors: unknown[] = [];
  const client = connect('ws://memory', {
    contracts,
    runtime,
    dial: network.dial,
    packed: false,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { runtime, network, probe, server, client, errors };
}

type ClientRig = ReturnType<typeof openClient>;

/** Lets `act` try a limit of a client; afterwards it calls as before, and nothing is left of it. */
async function withClient(
  options: Options,
  act: (rig: ClientRig) => Promise<Outcome>,
): Promise<Outcome> {
  const rig = openClient(options);
  const { client, runtime, network, probe, server } = rig;
  await runtime.settle();
  const outcome = await act(rig);
  network.isDown = false;
  probe.answer.resolve('done');
  if (options.dial === undefined && options.auth === undefined) {
    await runtime.advance(30_000);
    await client.chat.echo('afterwards');
  }
  client.close();
  await server.close();
  await runtime.settle();
  const left = [...Object.values(inspect(client)), runtime.timers];
  if (left.some((count) => count !== 0)) throw new Error(`left behind: ${left.join()}`);
  return outcome;
}

/** Says what became of calls, by the first of them that failed. */
async function outcomeOfCalls(
  { runtime }: ClientRig,
  calls: readonly Promise<unknown>[],
): Promise<Outcome> {
  let outcome: Outcome = 'works';
  for (const call of calls) {
    call.catch((error: unknown) => {
      if (!(error instanceof TrunklineError) || outcome !== 'works') return;
      outcome = { kind: 'error', code: error.code as 'BACKPRESSURE' };
    });
  }
  await runtime.settle();
  return outcome;
}

/** Messages wait for a loop that begins to take them afterwards. */
async function fallBehind({ client, server, runtime }: ClientRig, sizes: readonly number[]) {
  const { open } = createTopics(lab, server.broker);
  const gaps: unknown[] = [];
  const taken: string[] = [];
  const items = client.lab
    .open({ id: 'a' }, { onGap: (gap) => gaps.push(gap) })
    [Symbol.asyncIterator]();
  const first = items.next();
  await runtime.settle();
  await open({ id: 'a' }).publish('first');
  await runtime.settle();
  await first;
  for (const size of sizes) await open({ id: 'a' }).publish(textOf(size));
  await runtime.settle();
  while (taken.length + gaps.length < sizes.length) {
    const { value } = await items.next();
    taken.push(value as string);
  }
  await items.return?.();
  return gaps.length === 0 ? ('works' as const) : HELD;
}

/** A text whose payload has so many bytes. */
function textOf(payloadBytes: number): string {
  let text = '';
  while (payloadOf(text).bytes.length < payloadBytes) text += 'x';
  return text;
}

/** A network that opens connections, or none, and never says a word. */
function silent(opens: boolean): { dial: Dial; aborted: number } {
  const seen = { aborted: 0, dial: undefined as unknown as Dial };
  seen.dial = (_url, [subprotocol = ''], sink) => {
    if (opens) queueMicrotask(() => sink.opened(subprotocol));
    const end = (): void => queueMicrotask(() => sink.closed(CUT));
    const abort = (): void => {
      seen.aborted++;
      end();
    };
    return { bufferedBytes: 0, write: () => undefined, close: end, abort };
  };
  return seen;
}

const onSilence = (opens: boolean, limits: NonNullable<Options['limits']>, ms: number) => {
  const network = silent(opens);
  return withClient({ limits, dial: network.dial }, async ({ runtime }) => {
    await runtime.advance(ms);
    return network.aborted === 0 ? 'works' : { kind: 'cut' };
  });
};

/** Drivers of the limits of a client. */
export const CLIENT_DRIVERS: Drivers = {
  pendingCalls: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) =>
      withClient({ limits: { pendingCalls: limit } }, (rig) => {
        const calls = times(amount, () => rig.client.chat.wait(undefined, { deadlineMs: 60_000 }));
        return outcomeOfCalls(rig, calls);
      }),
  },
  outboxBytes: {
    value: 1_000,
    drive: (amount, limit) =>
      withClient({ limits: { outboxBytes: limit }, isDown: true }, (rig) => {
        const blob = (size: number) =>
          rig.client.chat.blob(new Uint8Array(size), { deadlineMs: 60_000 });
        return outcomeOfCalls(rig, [blob(400), blob(amount - 400)]);
      }),
  },
  valueBytes: {
    // What is smaller than this comes in one batch, which has a limit of its own.
    value: 50_000,
    drive: (amount, limit) =>
      withClient({ limits: { valueBytes: limit } }, (rig) =>
        outcomeOfCalls(rig, [rig.client.lab.give(amount)]),
      ),
  },
  subscriptionMessages: {
    value: 3,
    atDefault: true,
    drive: (amount, limit) =>
      withClient({ limits: { subscriptionMessages: limit } }, (rig) =>
        fallBehind(
          rig,
          times(amount, () => 1),
        ),
      ),
  },
  subscriptionBytes: {
    value: 1_000,
    drive: (amount, limit) =>
      withClient({ limits: { subscriptionBytes: limit } }, (rig) =>
        fallBehind(rig, [400, amount - 400]),
      ),
  },
  authMs: {
    isReached: true,
    drive: (amount, limit) =>
      withClient(
        { limits: { authMs: limit }, auth: () => new Promise<string>(() => undefined) },
        async ({ runtime, errors }) => {
          await runtime.advance(amount);
          return errors.length === 0 ? 'works' : HELD;
        },
      ),
  },
  probeMs: {
    isReached: true,
    drive: async (amount, limit) => {
      await using host = await openWakeHost({ limits: { probeMs: limit } });
      const { network, page, runtime } = host;
      host.seen();
      network.latest.hold('server');
      page.hide();
      page.show();
      await runtime.advance(amount);
      const outcome: Outcome = host.seen().length === 0 ? 'works' : { kind: 'cut' };
      network.latest.release('server');
      // It is live again, over this connection or another one.
      await runtime.advance(2_000);
      await host.client.desk.echo('afterwards');
      return outcome;
    },
  },
  openMs: {
    isReached: true,
    drive: (amount, limit) => onSilence(false, { openMs: limit }, amount),
  },
  welcomeMs: {
    isReached: true,
    drive: (amount, limit) => onSilence(true, { welcomeMs: limit }, amount),
  },
};
