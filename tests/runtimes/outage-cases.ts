import { check, equal } from './assertion.js';
import type { Case, Context } from './case.js';
import { listen, stateOf, type Listening } from './watch.js';

/** Subscribes, and has so many messages published while the connection is cut. */
async function missMessages(
  { connect, cut, restore, newRoom, directUrl }: Context,
  count: number,
): Promise<Listening<{ text: string }>> {
  const room = newRoom();
  const speaker = connect({ url: directUrl });
  const notes = listen(connect().probe.notes({ room }));
  await notes.status('live');
  await speaker.probe.announce({ room, text: 'before' });
  await notes.subscription.reached(1);
  await cut();
  await notes.status('stale');
  for (let n = 1; n <= count; n++) await speaker.probe.announce({ room, text: `${n}` });
  await restore();
  await notes.status('live');
  await speaker.probe.announce({ room, text: 'after' });
  await notes.subscription.reached(count + 2);
  return notes;
}

/** The network fails and comes back. */
export const outageCases: readonly Case[] = [
  {
    name: 'recovers what was published during a cut, nothing twice',
    run: async (context) => {
      const { messages, gaps, states } = await missMessages(context, 5);
      equal(
        messages.map(({ text }) => text),
        ['before', '1', '2', '3', '4', '5', 'after'],
      );
      equal(gaps, []);
      equal(states.at(-1)?.joined, { kind: 'recovered', count: 5 });
    },
  },
  {
    name: 'is told what is missing when more was published than is kept',
    run: async (context) => {
      const { messages, gaps } = await missMessages(context, 14);
      equal(
        messages.map(({ text }) => text),
        ['before', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', 'after'],
      );
      equal(
        gaps.map(({ from, to, reason }) => ({ from, to, reason })),
        [{ from: 2, to: 5, reason: 'expired' }],
      );
    },
  },
  {
    name: 'fails a call that was running at a cut, and keeps one that came later',
    run: async ({ connect, cut, restore }) => {
      const client = connect();
      const running = client.probe.wait.safe();
      await client.probe.echo({ text: 'the call before has started' });
      await cut();
      const result = await running;
      check(!result.ok, 'expected a failure');
      equal([result.error.code, result.error.executed], ['SESSION_LOST', 'unknown']);
      const later = client.probe.echo({ text: 'later' });
      await restore();
      equal(await later, { text: 'later' });
    },
  },
  {
    name: 'comes back after ten cuts in a row',
    run: async ({ connect, cut, restore }) => {
      const { probe, connection } = connect();
      for (let times = 0; times < 10; times++) {
        await connection.live();
        await cut();
        await restore();
        equal(await probe.echo({ text: `${times}` }), { text: `${times}` });
      }
    },
  },
  {
    name: 'is unreachable while connections are cut at once, and comes back',
    run: async ({ connect, cut, restore }) => {
      await cut();
      const client = connect();
      await stateOf(client.connection, ({ status }) => status === 'unreachable');
      await restore();
      equal(await client.probe.echo({ text: 'back' }), { text: 'back' });
    },
  },
];
