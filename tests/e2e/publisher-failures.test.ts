import { call, contract, topic } from '@trunkline/contract';
import { TrunklineError, type Broker } from '@trunkline/protocol';
import { createTopics, implement, MemoryBroker, type Topics } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bind, call as callMessage } from '../support/messages.js';
import { openRawHost } from '../support/raw-peer.js';

const orders = contract('orders', {
  place: call({ input: z.string() }),
  placed: topic({ params: z.object({ shop: z.string().max(300) }), message: z.string().max(5) }),
  files: topic({ message: z.instanceof(Uint8Array) }),
});

type OrderTopics = Topics<typeof orders>;

/** Calls a handler that does this with the publishers, and gives what its client and server see. */
async function answerOf(
  publish: (topics: OrderTopics) => unknown,
  broker: Broker = new MemoryBroker(),
) {
  const topics = createTopics(orders, broker);
  await using host = openRawHost({
    anonymous: true,
    broker,
    services: [
      implement(orders, {
        place: async () => void (await publish(topics)),
        placed: { authorize: () => true },
        files: { authorize: () => true },
      }),
    ],
  });
  const peer = host.connect();
  await peer.hello();
  await peer.send(bind(0, 'orders.place'), callMessage(0, 0, 'x'));
  await host.runtime.settle();
  return { error: peer.of('ERROR')[0], failures: host.failures };
}

const MISTAKES: readonly [name: string, code: string, (topics: OrderTopics) => unknown][] = [
  [
    'a message that does not fit',
    'INVALID_INPUT',
    (topics) => topics.placed({ shop: 'a' }).publish('secret'),
  ],
  ['params that do not fit', 'INVALID_INPUT', (topics) => topics.placed({ shop: 7 as never })],
  [
    'a message that is too large',
    'TOO_LARGE',
    (topics) => topics.files().publish(new Uint8Array(300_000)),
  ],
  ['params that are too large', 'TOO_LARGE', (topics) => topics.placed({ shop: 'x'.repeat(300) })],
];

describe('a handler that publishes', () => {
  it.each(MISTAKES)(
    '%s answers INTERNAL with an id, and the server is told %s',
    async (_name, code, publish) => {
      const { error, failures } = await answerOf(publish);
      const [failure] = failures;
      expect(error).toMatchObject({
        code: 'INTERNAL',
        executed: 'yes',
        message: `internal error ${failure?.id}`,
        bytes: new Uint8Array(0),
      });
      expect(failures).toMatchObject([{ where: 'orders.place', error: { code } }]);
    },
  );

  it('can see what was wrong itself, and answer as it likes', async () => {
    let seen: unknown;
    const { error, failures } = await answerOf(async (topics) => {
      try {
        await topics.placed({ shop: 'a' }).publish('secret');
      } catch (caught) {
        seen = caught;
        throw new TrunklineError('DENIED', 'not today');
      }
    });
    expect(seen).toMatchObject({ code: 'INVALID_INPUT', data: { issues: [{ path: [] }] } });
    expect(error).toMatchObject({ code: 'DENIED', message: 'not today' });
    expect(failures).toEqual([]);
  });

  it('passes on that the broker cannot be reached', async () => {
    const broker = new MemoryBroker();
    await broker.close();
    const { error } = await answerOf((topics) => topics.placed({ shop: 'a' }).publish('x'), broker);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', executed: 'yes' });
  });
});
