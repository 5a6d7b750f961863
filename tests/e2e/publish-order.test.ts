import { contract, topic } from '@trunkline/contract';
import { implement, MemoryBroker } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createDeferred } from '../support/deferred.js';
import { describeTransports } from '../support/peers.js';

const room = contract('room', {
  lines: topic({
    params: z.object({}),
    message: z.string(),
    public: true,
    publish: 'client',
    keep: { count: 100, ageMs: 60_000 },
  }),
});

describeTransports('publishes of one client', (open) => {
  it('are all stored, a large one before a small one too', async () => {
    const service = implement(room, { lines: { authorizePublish: () => true } });
    const peers = await open({ anonymous: true, services: [service], broker: new MemoryBroker() });
    await using _ = peers;
    const client = peers.connect({ contracts: { room } });
    const seen: number[] = [];
    const subscription = client.room
      .lines({})
      .subscribe({ message: (text) => seen.push(text.length) });
    await expect.poll(() => subscription.state.status).toBe('live');
    const receipts = await Promise.all([
      client.room.lines({}).publish('x'.repeat(100_000)),
      client.room.lines({}).publish('small'),
    ]);
    await expect.poll(() => seen.length).toBe(2);
    expect([seen, receipts.map(({ offset }) => offset)]).toEqual([
      [100_000, 5],
      [1, 2],
    ]);
  });

  it('do not wait for one whose caller has left', async () => {
    const never = createDeferred();
    let asked = 0;
    const authorizePublish = async (): Promise<boolean> => {
      if (asked++ === 0) await never.promise;
      return true;
    };
    const service = implement(room, { lines: { authorizePublish } });
    const peers = await open({ anonymous: true, services: [service], broker: new MemoryBroker() });
    await using _ = peers;
    const { lines } = peers.connect({ contracts: { room } }).room;
    const leaving = new AbortController();
    const first = lines({}).publish('first', { signal: leaving.signal });
    const failed = first.catch((error: unknown) => error);
    const second = lines({}).publish('second');
    await expect.poll(() => asked).toBe(2);
    leaving.abort();
    expect(await second).toMatchObject({ offset: 1 });
    expect(await failed).toMatchObject({ code: 'CANCELLED' });
    never.resolve();
  });

  it('are all stored when an earlier one is allowed later', async () => {
    const gate = createDeferred();
    let asked = 0;
    const authorizePublish = async (): Promise<boolean> => {
      if (asked++ === 0) await gate.promise;
      return true;
    };
    const service = implement(room, { lines: { authorizePublish } });
    const peers = await open({ anonymous: true, services: [service], broker: new MemoryBroker() });
    await using _ = peers;
    const client = peers.connect({ contracts: { room } });
    const seen: string[] = [];
    const subscription = client.room.lines({}).subscribe({ message: (text) => seen.push(text) });
    await expect.poll(() => subscription.state.status).toBe('live');
    const first = client.room.lines({}).publish('first');
    const second = client.room.lines({}).publish('second');
    await expect.poll(() => asked).toBe(2);
    gate.resolve();
    const receipts = await Promise.all([first, second]);
    await expect.poll(() => seen.length).toBe(2);
    expect([seen, receipts.map(({ offset }) => offset)]).toEqual([
      ['first', 'second'],
      [1, 2],
    ]);
  });
});
