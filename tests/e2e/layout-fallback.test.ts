import { call, contract, stream, topic } from '@trunkline/contract';
import type { Subscription } from '@trunkline/client';
import { implement } from '@trunkline/server';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { describeTransports } from '../support/peers.js';

const text = z.object({ text: z.string() });
/** What the client was built with. */
const known = contract('desk', {
  sum: stream({ input: text, up: z.object({ n: z.int() }), output: z.int() }),
  echo: stream({ input: text, up: text, down: text, output: z.string() }),
  count: stream({ up: text, output: z.int() }),
  fail: call({ input: text, errors: { REFUSED: text } }),
  notes: topic({ message: text, publish: 'client', public: true }),
});

const longer = z.object({ text: z.string(), more: z.string().optional() });
/** What the server has by now: each layout is another one. */
const desk = contract('desk', {
  sum: stream({ input: longer, up: z.object({ n: z.int() }), output: z.int() }),
  echo: stream({ input: longer, up: longer, down: longer, output: z.string() }),
  count: stream({ up: longer, output: z.int() }),
  fail: call({ input: longer, errors: { REFUSED: longer } }),
  notes: topic({ message: longer, publish: 'client', public: true }),
});

function createDesk() {
  return implement(desk, {
    async sum(_input, { items }) {
      let sum = 0;
      for await (const { n } of items) sum += n;
      return sum;
    },
    async *echo({ text: first }, { items }) {
      yield { text: first };
      for await (const item of items) yield item;
      return 'done';
    },
    async count(_input, { items }) {
      let count = 0;
      for await (const _item of items) count++;
      return count;
    },
    fail: ({ text: why }, context) => {
      throw context.error('REFUSED', { text: why });
    },
    notes: { authorizePublish: () => true },
  });
}

describeTransports('a client whose layouts are not those of the server', (open) => {
  const openDesk = () => open({ anonymous: true, services: [createDesk()] });
  const contracts = { desk: known };

  it('uploads every item once and in order, also beyond the first credit', async () => {
    await using peers = await openDesk();
    const client = peers.connect({ contracts });
    const items = Array.from({ length: 500 }, (_, n) => ({ n }));
    for (const _round of [1, 2]) {
      expect(await client.desk.sum({ text: '' }, items)).toBe(124_750);
    }
    expect(await client.desk.sum({ text: '' }, [])).toBe(0);
  });

  it('uploads the items of a stream that has no input', async () => {
    await using peers = await openDesk();
    const client = peers.connect({ contracts });
    const items = Array.from({ length: 100 }, () => ({ text: 'x' }));
    expect(await client.desk.count(undefined, items)).toBe(100);
    expect(await client.desk.count(undefined, items)).toBe(100);
  });

  it('uploads items that are small packed and large as superjson', async () => {
    await using peers = await openDesk();
    const client = peers.connect({ contracts });
    const items = Array.from({ length: 40 }, (_, n) => ({ text: `${n}`.repeat(2_000) }));
    const back: string[] = [];
    const echoed = client.desk.echo({ text: 'first' }, items);
    for await (const item of echoed) back.push(item.text);
    expect(back).toEqual(['first', ...items.map((item) => item.text)]);
    expect(await echoed.output).toBe('done');
  });

  it('is told declared errors with their data', async () => {
    await using peers = await openDesk();
    const client = peers.connect({ contracts });
    const error = await client.desk.fail({ text: 'why' }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'REFUSED', data: { text: 'why' }, executed: 'yes' });
  });

  it('publishes and gets what is published', async () => {
    await using peers = await openDesk();
    const client = peers.connect({ contracts });
    const seen: unknown[] = [];
    const notes = client.desk.notes();
    const subscription = await new Promise<Subscription>((resolve) => {
      const joined = notes.subscribe({
        message: (note) => seen.push(note),
        state: ({ status }) => status === 'live' && resolve(joined),
      });
    });
    const { offset } = await notes.publish({ text: 'hello' });
    await subscription.reached(offset);
    expect(seen).toEqual([{ text: 'hello' }]);
  });
});
