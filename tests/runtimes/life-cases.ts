import { check, equal, fails } from './assertion.js';
import type { Case, Probe } from './case.js';
import { listen, stateOf } from './watch.js';

/** Starts one of everything that can be pending, and gives what each came to. */
async function startAll({ probe, connection }: Probe, room: string) {
  let returned = false;
  function* endless(): Generator<number> {
    try {
      for (;;) yield 1;
    } finally {
      returned = true;
    }
  }
  const items = probe.count({ to: 1_000_000_000 })[Symbol.asyncIterator]();
  await items.next();
  const drained = (async () => {
    while ((await items.next()).done !== true);
  })();
  const uploaded = probe.sum(undefined, endless());
  const loop = probe.notes({ room })[Symbol.asyncIterator]().next();
  const subscription = probe.notes({ room }).subscribe({});
  const reached = subscription.reached(1);
  const waited = probe.wait(undefined, { deadlineMs: null });
  await probe.echo({ text: 'all before have started' });
  equal(connection.state.status, 'live');
  return { drained, uploaded, loop, subscription, reached, waited, isReturned: () => returned };
}

const tokens: readonly Case[] = [
  {
    name: 'is denied with a wrong token, and says so to whoever calls',
    run: async ({ connect }) => {
      const client = connect({ auth: 'wrong' });
      await fails(client.probe.echo({ text: 'x' }), { code: 'UNAVAILABLE', executed: 'no' });
      const { status, reason } = client.connection.state;
      equal(status, 'denied');
      check(reason?.includes('4401') === true, `got the reason "${reason}"`);
      await fails(client.connection.live(), { code: 'UNAVAILABLE' });
    },
  },
  {
    name: 'asks for another token once, and is live with a good one',
    run: async ({ connect }) => {
      const given = ['wrong', 'let-me-in'];
      const client = connect({ auth: () => Promise.resolve(given.shift()) });
      equal(await client.probe.echo({ text: 'x' }), { text: 'x' });
      equal(given, []);
      let asked = 0;
      const stubborn = connect({ auth: () => (asked++, 'wrong') });
      await stateOf(stubborn.connection, ({ status }) => status === 'denied');
      equal(asked, 2);
    },
  },
];

/** Runs something, and gives what is reported meanwhile of errors that nobody handles. */
async function reportsOf(run: () => Promise<void>): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  const heard = (event: ErrorEvent): void => {
    event.preventDefault();
    told.push(event.error);
  };
  const print = console.error;
  console.error = (error: unknown) => void told.push(error);
  // Elsewhere nobody listens, and the process ends if the client lets it.
  const isPage = 'document' in globalThis;
  if (isPage) addEventListener('error', heard);
  try {
    await run();
  } finally {
    console.error = print;
    if (isPage) removeEventListener('error', heard);
  }
  return told;
}

/** Has a listener of a topic throw this error, and then makes a call. */
async function throwInListener({ probe }: Probe, room: string, error: Error): Promise<void> {
  const topic = probe.notes({ room });
  await listen(topic).status('live');
  const message = (): void => {
    throw error;
  };
  const subscription = topic.subscribe({ message });
  await topic.publish({ text: 'x' });
  await subscription.reached(1);
  equal(await probe.echo({ text: 'after' }), { text: 'after' });
}

const closing: readonly Case[] = [
  {
    name: 'settles all that is pending when it is closed',
    run: async ({ connect, newRoom }) => {
      const client = connect();
      const all = await startAll(client, newRoom());
      client.close();
      await Promise.all([
        fails(all.drained, { code: 'CANCELLED' }),
        fails(all.uploaded, { code: 'CANCELLED' }),
        fails(all.waited, { code: 'CANCELLED', executed: 'unknown' }),
        fails(all.reached, { code: 'UNAVAILABLE' }),
      ]);
      equal(await all.loop, { done: true, value: undefined });
      equal(all.subscription.state.status, 'ended');
      equal(client.connection.state.status, 'closed');
      check(all.isReturned(), 'expected the source of the items to be returned');
      await fails(client.probe.echo({ text: 'x' }), { code: 'UNAVAILABLE', executed: 'no' });
    },
  },
  {
    name: 'may be closed before it has connected',
    run: async ({ connect, url, goneUrl }) => {
      for (const address of [url, goneUrl]) {
        const client = connect({ url: address });
        const call = client.probe.echo({ text: 'x' });
        client.close();
        await fails(call, { code: 'CANCELLED', executed: 'no' });
        const opening = connect({ url: address });
        await stateOf(opening.connection, ({ status }) => status === 'connecting');
        opening.close();
        equal(opening.connection.state.status, 'closed');
      }
    },
  },
  {
    name: 'goes on when a listener throws, which onError is told',
    run: async ({ connect, newRoom }) => {
      const told: unknown[] = [];
      const client = connect({ onError: (error) => told.push(error) });
      const error = new Error('thrown by a listener');
      await throwInListener(client, newRoom(), error);
      check(told.length === 1 && told[0] === error, `got ${told.length} reports`);
    },
  },
  {
    name: 'goes on when a listener throws and there is no onError',
    run: async ({ connect, newRoom }) => {
      const error = new Error('thrown by a listener');
      const told = await reportsOf(() => throwInListener(connect(), newRoom(), error));
      check(told.length === 1 && told[0] === error, `got ${told.length} reports`);
    },
  },
];

/** The life of a client: who it is for the server, and how it ends. */
export const lifeCases: readonly Case[] = [...tokens, ...closing];
