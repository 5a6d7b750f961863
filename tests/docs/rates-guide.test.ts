import { readFile } from 'node:fs/promises';
import { call, contract, describe as describeContract, stream, topic } from '@trunkline/contract';
import { createServer, implement, TrunklineError } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const Item = z.string();
const Order = z.object({ item: Item });
const Receipt = z.object({ id: z.string() });
const Typing = z.object({ name: z.string() });
const authenticate = () => ({ principal: 'ann', user: undefined });

const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim());

describe('the guide to rates', () => {
  it('shows what runs here', async () => {
    const guide = await readFile(new URL('../../docs/guides/rates.md', import.meta.url), 'utf8');
    const source = linesOf(await readFile(new URL(import.meta.url), 'utf8'));
    const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)];
    expect(blocks).toHaveLength(3);
    for (const [, block = ''] of blocks) {
      expect(source).toEqual(expect.arrayContaining(linesOf(block)));
    }
  });

  it('has a contract and a server that boot', async () => {
    // prettier-ignore
    const shop = contract('shop', {
      order: call({ input: Order, output: Receipt, rate: '60/min' }),
      search: call({ input: z.string(), output: z.array(Item), rate: { perSecond: 2, burst: 20 }, cost: 10 }),
      feed: stream({ down: Item, rate: '5/s' }),
      typing: topic({ message: Typing, publish: 'client', public: true, rate: '4/s' }),
    });
    const rates = describeContract(shop).members.map(({ rate }) => rate);
    expect(rates).toEqual([
      { perSecond: 1, burst: 60 },
      { perSecond: 2, burst: 20 },
      { perSecond: 5, burst: 5 },
      { perSecond: 4, burst: 4 },
    ]);
    const service = implement(shop, {
      order: () => {
        throw new TrunklineError('RATE', 'one export at a time', { retryAfterMs: 60_000 });
      },
      search: () => [],
      feed: () => [],
      typing: { authorizePublish: () => true },
    });
    const services = [service];
    const server =
      // prettier-ignore
      createServer({ authenticate, services, limits: { callRate: 100, callBurst: 500 } });
    await server.close();
  });
});
