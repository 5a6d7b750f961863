import { call, contract, topic } from '@trunkline/contract';
import * as z from 'zod';

/** What a page that sleeps may be in the middle of. */
export const desk = contract('desk', {
  wait: call({ output: z.string() }),
  echo: call({ input: z.string(), output: z.string() }),
  news: topic({
    message: z.string(),
    public: true,
    publish: 'server',
    keep: { count: 100, ageMs: 600_000 },
  }),
});
