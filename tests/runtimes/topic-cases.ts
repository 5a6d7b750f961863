import { check, equal, fails } from './assertion.js';
import type { Case } from './case.js';
import { listen } from './watch.js';

const textsOf = (messages: readonly { text: string }[]): string[] => {
  return messages.map(({ text }) => text);
};

/** Gives the texts of so many messages, as a server or a client publishes them. */
function* texts(count: number): Generator<string> {
  for (let n = 1; n <= count; n++) yield `${n}`;
}

const live: readonly Case[] = [
  {
    name: 'is given what the server publishes, in its order',
    run: async ({ connect, newRoom }) => {
      const { probe } = connect();
      const [room, other] = [newRoom(), newRoom()];
      const notes = listen(probe.notes({ room }));
      const others = listen(probe.notes({ room: other }));
      await Promise.all([notes.status('live'), others.status('live')]);
      for (const text of texts(20)) await probe.announce({ room, text });
      await notes.subscription.reached(20);
      equal(textsOf(notes.messages), [...texts(20)]);
      equal(notes.states.at(-1)?.joined, { kind: 'fresh', count: 0 });
      equal(others.messages, []);
    },
  },
  {
    name: 'publishes, and is told the place of its message',
    run: async ({ connect, newRoom }) => {
      const { probe } = connect();
      const topic = probe.notes({ room: newRoom() });
      const notes = listen(topic);
      await notes.status('live');
      const { offset, stored, duplicate } = await topic.publish({ text: 'hi' });
      equal({ offset, stored, duplicate }, { offset: 1, stored: 'node', duplicate: false });
      await notes.subscription.reached(offset);
      equal(notes.messages, [{ text: 'hi' }]);
    },
  },
  {
    name: 'shows two clients the same messages in the same order',
    run: async ({ connect, newRoom }) => {
      const room = newRoom();
      const [one, two] = [connect(), connect({ auth: 'somebody-else' })];
      const [first, second] = [
        listen(one.probe.notes({ room })),
        listen(two.probe.notes({ room })),
      ];
      await Promise.all([first.status('live'), second.status('live')]);
      const sent = [...texts(10)].flatMap((text) => {
        return [one, two].map(({ probe }) => probe.notes({ room }).publish({ text }));
      });
      await Promise.all(sent);
      await Promise.all([first.subscription.reached(20), second.subscription.reached(20)]);
      equal(first.messages.length, 20);
      equal(second.messages, first.messages);
      one.close();
      equal(await two.probe.echo({ text: 'still here' }), { text: 'still here' });
    },
  },
];

const started: readonly Case[] = [
  {
    name: 'is given the latest kept messages first',
    run: async ({ connect, newRoom }) => {
      const { probe } = connect();
      const room = newRoom();
      for (const text of texts(5)) await probe.announce({ room, text });
      const seen: string[] = [];
      for await (const { text } of probe.notes({ room }, { last: 3 })) {
        if (seen.push(text) === 3) break;
      }
      equal(seen, ['3', '4', '5']);
    },
  },
  {
    name: 'ends a loop with GAP where messages are not kept any more',
    run: async ({ connect, newRoom }) => {
      const { probe } = connect();
      const room = newRoom();
      const { epoch } = await probe.notes({ room }).publish({ text: '1' });
      for (const text of texts(14)) await probe.announce({ room, text });
      const loop = probe.notes({ room }, { from: { epoch, offset: 0 } })[Symbol.asyncIterator]();
      const { data } = await fails(loop.next(), { code: 'GAP' });
      equal(data, { epoch, from: 1, to: 5, reason: 'expired' });
    },
  },
  {
    name: 'ends a loop without an error by its signal',
    run: async ({ connect, newRoom }) => {
      const { probe } = connect();
      const controller = new AbortController();
      const topic = probe.notes({ room: newRoom() }, { signal: controller.signal });
      const next = topic[Symbol.asyncIterator]().next();
      await probe.echo({ text: 'the subscription has been asked for' });
      controller.abort();
      equal(await next, { done: true, value: undefined });
    },
  },
  {
    name: 'is denied a topic',
    run: async ({ connect, newRoom }) => {
      const { probe } = connect();
      const room = newRoom();
      const loop = probe.secrets({ room })[Symbol.asyncIterator]();
      await fails(loop.next(), { code: 'DENIED' });
      const secrets = listen(probe.secrets({ room }));
      await secrets.status('ended');
      check(secrets.states.at(-1)?.error?.code === 'DENIED', 'expected the state to say why');
    },
  },
];

/** Topics: what is published, where a subscription starts, and who is let in. */
export const topicCases: readonly Case[] = [...live, ...started];
