import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

/** What the people of the soak use. */
export const soak = contract('soak', {
  add: call({ input: z.object({ key: z.string(), a: z.int(), b: z.int() }), output: z.int() }),
  slow: call({ input: z.object({ key: z.string(), ms: z.int() }), output: z.string() }),
  blob: call({
    input: z.instanceof(Uint8Array),
    output: z.instanceof(Uint8Array),
  }),
  count: stream({ input: z.object({ to: z.int(), size: z.int() }), down: z.string() }),
  sum: stream({ up: z.int(), output: z.int() }),
  double: stream({ up: z.int(), down: z.int(), output: z.int() }),
  ticks: topic({
    params: z.object({ room: z.int() }),
    message: z.object({ n: z.int(), text: z.string() }),
    public: true,
    keep: { count: 500 },
  }),
});
