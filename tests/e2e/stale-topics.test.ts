import type { SubscriptionState } from '@trunkline/client';
import { createTopics } from '@trunkline/server';
import { VirtualRuntime } from '@trunkline/server/testing';
import { expect, it } from 'vitest';
import { FaultyBroker } from '../../packages/server/tests/faulty-broker.js';
import { chat } from '../support/chat.js';
import { chatService } from '../support/chat-service.js';
import { subscribe } from '../support/messages.js';
import { describeTransports } from '../support/peers.js';
import { openRawHost } from '../support/raw-peer.js';

function publishing() {
  const broker = new FaultyBroker(new VirtualRuntime());
  const room = createTopics(chat, broker).messages({ room: 'a' });
  const publish = (text: string) => room.publish({ room: 'a', text, sentAt: new Date(0) });
  return { broker, publish };
}

it('a server says STALE for every subscription to a stale topic, then SUBSCRIBED again', async () => {
  const { broker, publish } = publishing();
  await using host = openRawHost({ anonymous: true, broker, services: [chatService()] });
  const [one, other] = [host.connect(), host.connect()];
  for (const peer of [one, other]) {
    await peer.hello();
    await peer.send(subscribe(0, 'chat.messages', { params: { room: 'a' } }));
  }
  await publish('1');
  broker.interrupt('unreachable');
  await publish('2');
  await host.runtime.settle();
  for (const peer of [one, other]) {
    expect(peer.of('STALE')).toMatchObject([{ sub: 0, reason: 'unreachable' }]);
    expect(peer.of('MESSAGE').map(({ offset }) => offset)).toEqual([1]);
  }
  broker.recover();
  await host.runtime.settle();
  for (const peer of [one, other]) {
    expect(peer.of('SUBSCRIBED')[1]).toMatchObject({ sub: 0, state: 'recovered', offset: 1 });
    expect(peer.of('MESSAGE').map(({ offset }) => offset)).toEqual([1, 2]);
  }
});

it('a client that subscribes while the broker cannot be reached is told when to try again', async () => {
  const { broker } = publishing();
  await using host = openRawHost({ anonymous: true, broker, services: [chatService()] });
  broker.interrupt('unreachable');
  const peer = host.connect();
  await peer.hello();
  await peer.send(subscribe(0, 'chat.messages', { params: { room: 'a' } }));
  expect(peer.of('ENDED')).toMatchObject([{ sub: 0, code: 'UNAVAILABLE', retryAfterMs: 1_000 }]);
});

describeTransports('a subscription while the broker is away', (open) => {
  it('is stale, and recovers what was published meanwhile', async () => {
    const { broker, publish } = publishing();
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const texts: string[] = [];
    const states: SubscriptionState[] = [];
    const client = peers.connect({ contracts: { chat } });
    client.chat.messages({ room: 'a' }).subscribe({
      message: ({ text }) => void texts.push(text),
      state: (state) => void states.push(state),
    });
    await expect.poll(() => states.at(-1)?.status).toBe('live');
    broker.interrupt('checking');
    await expect.poll(() => states.at(-1)?.status).toBe('stale');
    await publish('1');
    await publish('2');
    broker.recover();
    await expect.poll(() => texts).toEqual(['1', '2']);
    expect(states.at(-1)).toMatchObject({
      status: 'live',
      joined: { kind: 'recovered', count: 2 },
    });
  });

  it('reports a gap when the topic begins another epoch', async () => {
    const { broker, publish } = publishing();
    await using peers = await open({ anonymous: true, broker, services: [chatService()] });
    const texts: string[] = [];
    const gaps: unknown[] = [];
    const client = peers.connect({ contracts: { chat } });
    const lobby = client.chat.messages({ room: 'a' });
    const subscription = lobby.subscribe({
      message: ({ text }) => void texts.push(text),
      gap: (gap) => void gaps.push(gap),
    });
    await expect.poll(() => subscription.state.status).toBe('live');
    const { epoch } = await publish('1');
    await subscription.reached(1);
    await broker.beginAnew();
    broker.recover();
    await expect.poll(() => gaps).toMatchObject([{ epoch, from: 2, reason: 'epoch' }]);
    await publish('2');
    await expect.poll(() => texts).toEqual(['1', '2']);
  });
});
