import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { connect } from '@trunkline/client';
import { call, contract, stream } from '@trunkline/contract';
import { createServer, implement } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim());

describe('the guides to streams and to calls that may be repeated', () => {
  it.each(['idempotency', 'streams'])('%s: shows what runs here', async (name) => {
    const guide = await readFile(new URL(`../../docs/guides/${name}.md`, import.meta.url), 'utf8');
    const source = linesOf(await readFile(new URL(import.meta.url), 'utf8'));
    const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)];
    expect(blocks.length).toBeGreaterThanOrEqual(2);
    for (const [, block = ''] of blocks) {
      expect(source).toEqual(expect.arrayContaining(linesOf(block)));
    }
  });

  it('idempotency', async () => {
    const shop = contract('shop', {
      order: call({
        input: z.object({ item: z.string(), count: z.int() }),
        output: z.object({ id: z.string() }),
        errors: { SOLD_OUT: z.object({ item: z.string() }) },
        idempotent: true,
      }),
    });
    let orders = 0;
    const service = implement(shop, { order: () => ({ id: `order ${++orders}` }) });
    const server = createServer({ anonymous: true, services: [service] });
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const client = connect(`ws://127.0.0.1:${port}`, { contracts: { shop } });
    const cart = { id: 'cart-1', item: 'book', count: 1 };
    await client.shop.order(cart, { idempotencyKey: cart.id });
    await client.shop.order(cart, { idempotencyKey: cart.id });
    expect(orders).toBe(1);
    client.close();
    await server.close();
  });

  it('streams', async () => {
    const flow = contract('flow', {
      ticks: stream({ input: z.object({ everyMs: z.int() }), down: z.date() }),
      upload: stream({ up: z.instanceof(Uint8Array), output: z.int() }),
    });
    const flowService = implement(flow, {
      async *ticks({ everyMs }, { signal }) {
        for (;;) {
          yield new Date();
          // Rejects when the signal fires: nothing else is needed.
          await setTimeout(everyMs, undefined, { signal });
        }
      },
      async upload(_input, { items }) {
        let bytes = 0;
        for await (const piece of items) {
          bytes += piece.length;
          if (bytes > 1_000_000) break;
        }
        return bytes;
      },
    });
    const server = createServer({ anonymous: true, services: [flowService], leaks: true });
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const url = `ws://127.0.0.1:${port}`;
    const client = connect(url, { contracts: { flow }, leaks: true });
    const camera = {
      next: async (_options: { signal: AbortSignal }) => new Uint8Array(400_000),
    };
    const bytes = await client.flow.upload(undefined, async function* (signal) {
      for (;;) yield await camera.next({ signal });
    });
    expect(bytes).toBe(1_200_000);
    for await (const tick of client.flow.ticks({ everyMs: 60_000 })) {
      expect(tick).toBeInstanceOf(Date);
      break;
    }
    await expect.poll(() => server.counts.calls).toBe(0);
    client.close();
    await server.close();
  });
});
