import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

/** What hostile sessions misuse, and what their neighbours use. */
export const hostile = contract('hostile', {
  add: call({ input: z.object({ a: z.int(), b: z.int() }), output: z.int() }),
  echo: call({ input: z.string(), output: z.string() }),
  hold: call({ input: z.array(z.array(z.int())) }),
  give: call({ input: z.int(), output: z.instanceof(Uint8Array) }),
  once: call({ input: z.string(), output: z.string(), idempotent: true }),
  summon: call({ input: z.int() }),
  pour: stream({ input: z.int(), down: z.instanceof(Uint8Array) }),
  take: stream({ up: z.instanceof(Uint8Array) }),
  news: topic({
    params: z.object({ owner: z.string(), n: z.int() }),
    message: z.string(),
    publish: 'client',
    public: true,
    keep: { count: 10 },
  }),
  client: { ask: call({ input: z.string() }) },
});
