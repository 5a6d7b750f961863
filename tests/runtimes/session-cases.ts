import { serve } from '@trunkline/client';
import { ProbeClient } from '@trunkline/conformance/client';
import { equal, fails } from './assertion.js';
import { createDeferred } from '../support/deferred.js';
import type { Case, Context, Probe } from './case.js';
import { listen, stateOf } from './watch.js';

const MANY = 3_000;

/** A client whose server waits for its answer: a call in both directions is under way. */
export interface Asked {
  readonly client: Probe;
  readonly answer: () => void;
  readonly answered: Promise<{ agreed: boolean }>;
  /** How often the client was asked. */
  readonly times: () => number;
}

/** Makes a call that ends when the client answers the server, and waits until that asks. */
export async function startAsked({ connect }: Context): Promise<Asked> {
  const asked = createDeferred();
  const gate = createDeferred();
  let times = 0;
  const confirm = async (): Promise<{ agreed: boolean }> => {
    times++;
    asked.resolve();
    await gate.promise;
    return { agreed: true };
  };
  const client = connect({ handlers: [serve(ProbeClient, { confirm })] });
  const answered = client.probe.ask({ text: 'go on?' });
  await Promise.race([asked.promise, answered]);
  return { client, answer: gate.resolve, answered, times: () => times };
}

/** Cuts the connection, and restores it when its client knows. */
async function cutFor({ connection }: Probe, { cut, restore }: Context): Promise<void> {
  const lost = stateOf(connection, ({ status }) => status !== 'live');
  await cut();
  await lost;
  await restore();
}

/** Gives numbers, and has the connection cut before one of them. */
async function* numbersOver(cutAt: number, client: Probe, context: Context) {
  for (let n = 0; n < cutAt * 2; n++) {
    if (n === cutAt) await cutFor(client, context);
    yield n;
  }
}

const underWay: readonly Case[] = [
  {
    name: 'finishes a call and a call of the server over a cut, each handler once',
    run: async (context) => {
      const { client, answer, answered, times } = await startAsked(context);
      await cutFor(client, context);
      await client.connection.live();
      answer();
      equal(await answered, { agreed: true });
      equal(times(), 1);
    },
  },
  {
    name: 'reads a stream over a cut, with no item lost and none twice',
    run: async (context) => {
      const client = context.connect();
      const seen: number[] = [];
      for await (const n of client.probe.count({ to: MANY })) {
        if (seen.push(n) === MANY / 2) await cutFor(client, context);
      }
      equal(
        seen,
        Array.from({ length: MANY }, (_, n) => n),
      );
    },
  },
  {
    name: 'sends a stream over a cut, with no item lost and none twice',
    run: async (context) => {
      const client = context.connect();
      await client.connection.live();
      const total = await client.probe.sum(undefined, numbersOver(500, client, context));
      equal(total, { items: 1_000, sum: 499_500 });
    },
  },
  {
    name: 'sends and reads a stream over a cut',
    run: async (context) => {
      const client = context.connect();
      await client.connection.live();
      const seen: number[] = [];
      const items = client.probe.double(undefined, numbersOver(150, client, context));
      for await (const n of items) seen.push(n);
      equal(
        seen,
        Array.from({ length: 300 }, (_, n) => n * 2),
      );
    },
  },
];

const meanwhile: readonly Case[] = [
  {
    name: 'publishes what was given during a cut, once and in its order',
    run: async (context) => {
      const client = context.connect();
      const topic = client.probe.notes({ room: context.newRoom() });
      const notes = listen(topic);
      await notes.status('live');
      await context.cut();
      await notes.status('stale');
      const texts = ['1', '2', '3', '4', '5'];
      const published = texts.map((text) => topic.publish({ text }));
      await context.restore();
      const places = await Promise.all(published);
      equal(
        places.map(({ offset, duplicate }) => [offset, duplicate]),
        texts.map((_, index) => [index + 1, false]),
      );
      await notes.subscription.reached(5);
      equal(
        notes.messages.map(({ text }) => text),
        texts,
      );
    },
  },
  {
    name: 'never runs what was withdrawn during a cut, and says so',
    run: async (context) => {
      const client = context.connect();
      await client.connection.live();
      const room = context.newRoom();
      await context.cut();
      await stateOf(client.connection, ({ status }) => status !== 'live');
      const controller = new AbortController();
      const call = client.probe.announce({ room, text: 'x' }, { signal: controller.signal });
      controller.abort();
      await fails(call, { code: 'CANCELLED', executed: 'no' });
      await context.restore();
      const { offset } = await client.probe.notes({ room }).publish({ text: 'the first' });
      equal(offset, 1);
    },
  },
];

/** What a session keeps over a cut of its connection. */
export const sessionCases: readonly Case[] = [...underWay, ...meanwhile];
