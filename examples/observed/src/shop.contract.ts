import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

const Item = z.enum(['book', 'lamp', 'chair']);

/** A shop with something of everything that is observed. */
export const shop = contract('shop', {
  price: call({ input: z.object({ item: Item }), output: z.number() }),
  order: call({
    input: z.object({ item: Item, count: z.int() }),
    output: z.string(),
    errors: { SOLD_OUT: z.object({ left: z.int() }) },
    idempotent: true,
  }),
  orders: stream({ input: z.object({ count: z.int() }), down: z.string() }),
  stock: topic({
    params: z.object({ item: Item }),
    message: z.object({ left: z.int() }),
    keep: { count: 100 },
    public: true,
  }),
});
