import type { Gap, SubscriptionState } from '@trunkline/client';
import type { Users } from './chat-user.js';
import type { ChatTopics } from './generated/chat.server.js';
import type { Relay } from './relay.js';
import { say } from './story.js';

/** Calls `reached` when a subscription is live for the first, the second … time. */
function tellOf(
  name: string,
  reached: (times: number) => void,
): (state: SubscriptionState) => void {
  let times = 0;
  return ({ status, joined, error }) => {
    if (status === 'stale') say.client(name, 'the connection is gone; the subscription waits');
    if (error !== undefined) say.client(name, `may not read that room: ${error.code}`);
    if (status !== 'live') return;
    if (joined?.kind === 'recovered') {
      say.client(name, `live again: ${joined.count} messages were missed and are coming, no gap`);
    }
    reached(++times);
  };
}

/** Subscribes a user to a room, and tells what comes. */
async function enter({
  name,
  room,
  chat,
}: { name: string; room: string } & Pick<Users['bob'], 'chat'>) {
  const texts: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const received = (count: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ count, resolve });
      for (const one of waiting) if (texts.length >= one.count) one.resolve();
    });
  await new Promise<void>((resolve) => {
    chat.messages({ room }).subscribe({
      message: ({ author, text }) => {
        texts.push(text);
        say.client(name, `in the ${room}, from ${author}: "${text}"`);
        for (const one of waiting) if (texts.length >= one.count) one.resolve();
      },
      gap: ({ from, to, reason }: Gap) => say.client(name, `gap from ${from} to ${to}: ${reason}`),
      state: tellOf(name, () => resolve()),
    });
  });
  return { texts, received };
}

/** Two rooms, one refusal, a cut, and what the subscriber sees of it. */
export async function cutAndRecover(
  { alice, bob, carol }: Users,
  { topics, relay }: { topics: ChatTopics; relay: Relay },
): Promise<void> {
  say.chapter('Topics: two rooms, each with its own subscribers');
  const lobby = await enter({ name: 'bob', room: 'lobby', chat: bob.chat });
  const garden = await enter({ name: 'carol', room: 'garden', chat: carol.chat });
  await new Promise<void>((resolve) => {
    const tell = tellOf('bob', () => undefined);
    bob.chat.messages({ room: 'garden' }).subscribe({
      state: (state) => {
        tell(state);
        if (state.status === 'ended') resolve();
      },
    });
  });
  await alice.chat.post({ room: 'lobby', text: 'news for the lobby' });
  await alice.chat.post({ room: 'garden', text: 'news for the garden' });
  await Promise.all([lobby.received(1), garden.received(1)]);

  say.chapter('A cut: the network dies, messages go on, nothing is lost');
  relay.cut();
  say.server('the relay is cut; a cron job publishes three messages in the lobby');
  const room = topics.messages({ room: 'lobby' });
  for (const text of ['one', 'two', 'three']) {
    await room.publish({ room: 'lobby', author: 'cron', text, sentAt: new Date() });
  }
  await lobby.received(4);
  say.note(`bob has seen each of the ${lobby.texts.length} messages of the lobby once, in order.`);
}
