import type { Gap, SubscriptionState } from '@trunkline/client';
import { call, contract, topic } from '@trunkline/contract';
import { createTopics, implement, MemoryBroker } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { chat } from '../support/chat.js';
import { chatService } from '../support/chat-service.js';
import { describeTransports } from '../support/peers.js';

const contracts = { chat };

const town = contract('town', {
  say: call({ input: z.string() }),
  kept: topic({ message: z.string(), public: true, keep: { count: 10 } }),
  passing: topic({ message: z.string(), public: true }),
});

function message(text: string) {
  return { room: 'lobby', text, sentAt: new Date(0) };
}

/** Collects what one subscription is told. */
function collect<Value>() {
  const seen = { messages: [] as Value[], gaps: [] as Gap[], states: [] as SubscriptionState[] };
  const listeners = {
    message: (value: Value) => void seen.messages.push(value),
    gap: (gap: Gap) => void seen.gaps.push(gap),
    state: (state: SubscriptionState) => void seen.states.push(state),
  };
  return { seen, listeners, live: () => seen.states.at(-1)?.status === 'live' };
}

describeTransports('topics', (open) => {
  it('delivers to the subscribers of one room and not to another', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const lobby = collect<{ text: string }>();
    const garden = collect<{ text: string }>();
    const client = peers.connect({ contracts });
    client.chat.messages({ room: 'lobby' }).subscribe(lobby.listeners);
    peers.connect({ contracts }).chat.messages({ room: 'garden' }).subscribe(garden.listeners);
    await expect.poll(() => lobby.live() && garden.live()).toBe(true);
    const receipt = await topics.messages({ room: 'lobby' }).publish(message('one'));
    expect(receipt).toMatchObject({ offset: 1, stored: 'node', duplicate: false });
    await expect.poll(() => lobby.seen.messages.length).toBe(1);
    expect(lobby.seen.messages[0]).toEqual(message('one'));
    expect(lobby.seen.states.at(-1)?.joined).toEqual({ kind: 'fresh', count: 0 });
    expect(garden.seen.messages).toEqual([]);
  });

  it('begins before the call that was made next, whatever that publishes', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(town, broker);
    const say = async (text: string): Promise<void> => {
      await Promise.all([topics.kept().publish(text), topics.passing().publish(text)]);
    };
    const services = [implement(town, { say })];
    await using peers = await open({ anonymous: true, broker, services });
    await say('before');
    const wishes: { last?: number }[] = [{}, { last: 0 }, { last: 1 }];
    for (const wish of wishes) {
      const { town: client } = peers.connect({ contracts: { town } });
      const [kept, beside, passing] = [collect<string>(), collect<string>(), collect<string>()];
      client.kept(undefined, wish).subscribe(kept.listeners);
      client.kept(undefined, { last: 2 }).subscribe(beside.listeners);
      client.passing().subscribe(passing.listeners);
      const told = passing.live;
      await Promise.all([client.say('one'), client.say('two'), client.say('three')]);
      await expect.poll(told).toBe(true);
      const three = ['one', 'two', 'three'];
      for (const { seen } of [kept, beside, passing]) {
        await expect.poll(() => seen.messages.slice(-3)).toEqual(three);
        expect(seen.gaps).toEqual([]);
      }
      expect(passing.seen.messages).toEqual(three);
      expect(passing.seen.states.at(-1)?.joined).toEqual({ kind: 'fresh', count: 0 });
      const older = kept.seen.messages.slice(0, -3);
      expect(older.length).toBeLessThanOrEqual(wish.last ?? 0);
    }
  });

  it('loses nothing of a loop of awaited publishes where nothing is kept', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const ticks = collect<number>();
    peers.connect({ contracts }).chat.ticks().subscribe(ticks.listeners);
    await expect.poll(ticks.live).toBe(true);
    for (let tick = 0; tick < 30_000; tick++) await topics.ticks().publish(tick);
    await expect.poll(() => ticks.seen.messages.length).toBe(30_000);
    expect(ticks.seen.messages).toEqual(Array.from({ length: 30_000 }, (_, tick) => tick));
    expect(ticks.seen.gaps).toEqual([]);
  });

  it('recovers what was published during a cut, once and in order', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const lobby = collect<{ text: string }>();
    const client = peers.connect({ contracts });
    const subscription = client.chat.messages({ room: 'lobby' }).subscribe(lobby.listeners);
    await expect.poll(lobby.live).toBe(true);
    await topics.messages({ room: 'lobby' }).publish(message('0'));
    await subscription.reached(1);
    peers.cut();
    await expect.poll(() => lobby.seen.states.at(-1)?.status).toBe('stale');
    for (let n = 1; n <= 5; n++) await topics.messages({ room: 'lobby' }).publish(message(`${n}`));
    await peers.restore();
    await expect.poll(() => lobby.seen.messages.length).toBe(6);
    expect(lobby.seen.messages.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(lobby.seen.states.at(-1)?.joined).toEqual({ kind: 'recovered', count: 5 });
    expect(lobby.seen.gaps).toEqual([]);
  });

  it('reports a gap with its range when history was trimmed, and goes on behind it', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const lobby = collect<{ text: string }>();
    const client = peers.connect({ contracts });
    client.chat.messages({ room: 'lobby' }).subscribe(lobby.listeners);
    await expect.poll(lobby.live).toBe(true);
    peers.cut();
    await expect.poll(() => lobby.seen.states.at(-1)?.status).toBe('stale');
    for (let n = 1; n <= 15; n++) await topics.messages({ room: 'lobby' }).publish(message(`${n}`));
    await peers.restore();
    await expect.poll(() => lobby.seen.messages.length).toBe(10);
    expect(lobby.seen.gaps).toMatchObject([{ from: 1, to: 5, reason: 'expired' }]);
    expect(lobby.seen.messages[0]).toMatchObject({ text: '6' });
  });

  it('ends a loop with GAP unless it may go on', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const client = peers.connect({ contracts });
    for (let n = 1; n <= 15; n++) await topics.messages({ room: 'lobby' }).publish(message(`${n}`));
    const place = await topics.messages({ room: 'lobby' }).publish(message('16'));
    const from = { epoch: place.epoch, offset: 0 };
    const loop = client.chat.messages({ room: 'lobby' }, { from })[Symbol.asyncIterator]();
    await expect(loop.next()).rejects.toMatchObject({ code: 'GAP', data: { from: 1, to: 6 } });
  });

  it('is fresh after a cut when the topic keeps nothing', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const ticks = collect<number>();
    const client = peers.connect({ contracts });
    client.chat.ticks().subscribe(ticks.listeners);
    await expect.poll(ticks.live).toBe(true);
    await topics.ticks().publish(1);
    await expect.poll(() => ticks.seen.messages).toEqual([1]);
    peers.cut();
    await expect.poll(() => ticks.seen.states.at(-1)?.status).toBe('stale');
    await topics.ticks().publish(2);
    await peers.restore();
    await expect.poll(ticks.live).toBe(true);
    await topics.ticks().publish(3);
    await expect.poll(() => ticks.seen.messages).toEqual([1, 3]);
    expect(ticks.seen.states.at(-1)?.joined).toEqual({ kind: 'fresh', count: 0 });
  });

  it('gives the newest kept messages first to who asks for them', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    for (let n = 1; n <= 8; n++) await topics.messages({ room: 'lobby' }).publish(message(`${n}`));
    const client = peers.connect({ contracts });
    const texts: string[] = [];
    for await (const { text } of client.chat.messages({ room: 'lobby' }, { last: 3 })) {
      texts.push(text);
      if (texts.length === 3) break;
    }
    expect(texts).toEqual(['6', '7', '8']);
  });

  it('publishes for a client, and answers with the place and what was stored', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const board = collect<string>();
    const subscription = client.chat.board({ id: 1 }).subscribe(board.listeners);
    await expect.poll(board.live).toBe(true);
    const receipt = await client.chat.board({ id: 1 }).publish('hello');
    expect(receipt).toMatchObject({ offset: 1, stored: 'node', duplicate: false });
    await subscription.reached(receipt.offset);
    expect(board.seen.messages).toEqual(['hello']);
  });

  it('refuses a publish that the authorizer or the schema refuses', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    await expect(client.chat.board({ id: 13 }).publish('x')).rejects.toMatchObject({
      code: 'DENIED',
      executed: 'no',
    });
    await expect(client.chat.board({ id: 1 }).publish('longer than ten')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      executed: 'no',
    });
  });

  it('keeps the order of publishes that nobody waited for', async () => {
    const broker = new MemoryBroker();
    const topics = createTopics(chat, broker);
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const client = peers.connect({ contracts });
    const ticks = collect<number>();
    client.chat.ticks().subscribe(ticks.listeners);
    await expect.poll(ticks.live).toBe(true);
    await Promise.all(Array.from({ length: 500 }, (_, n) => topics.ticks().publish(n)));
    await expect.poll(() => ticks.seen.messages.length).toBe(500);
    expect(ticks.seen.messages).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });

  it('ends a subscription that is refused with the reason', async () => {
    await using peers = await open({ anonymous: true, services: [chatService()] });
    const client = peers.connect({ contracts });
    const lobby = collect<unknown>();
    client.chat.messages({ room: 5 as unknown as string }).subscribe(lobby.listeners);
    await expect.poll(() => lobby.seen.states.at(-1)?.status).toBe('ended');
    expect(lobby.seen.states.at(-1)?.error).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
