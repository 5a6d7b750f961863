import { call, contract } from '@trunkline/contract';
import * as z from 'zod';

const item = z.object({ sku: z.string(), price: z.number() });

/** The shop as it was when its clients were generated. */
export const shop = contract('shop', {
  greet: call({ input: z.object({ name: z.string() }), output: z.string() }),
  find: call({ input: z.object({ sku: z.string() }), output: item }),
  list: call({ input: z.object({ max: z.int() }), output: z.array(item) }),
  reserve: call({ input: z.object({ sku: z.string(), count: z.int() }), output: z.boolean() }),
  opened: call({ output: z.date() }),
  rate: call({ input: z.object({ stars: z.int() }), output: z.object({ mean: z.number() }) }),
  photo: call({ input: z.object({ sku: z.string() }), output: z.instanceof(Uint8Array) }),
  order: call({
    input: z.object({ sku: z.string(), count: z.int() }),
    output: z.object({ id: z.string() }),
  }),
  price: call({ input: z.object({ sku: z.string() }), output: z.object({ cents: z.int() }) }),
  ship: call({
    input: z.object({ id: z.string(), speed: z.enum(['slow', 'fast']) }),
    output: z.object({ on: z.date() }),
  }),
});
