import { contract, topic } from '@trunkline/contract';
import * as z from 'zod';

const Tick = z
  .object({
    number: z.int().describe('1 for the first one, then one more each.'),
    at: z.int().describe('When it was due: milliseconds since 1970, by the clock of the server.'),
  })
  .meta({ id: 'Tick', description: 'One tick, with the same fields over each transport.' });

export const ticker = contract('ticker', {
  ticks: topic({
    description: 'Every tick, as it is made.',
    message: Tick,
    public: true,
    keep: { count: 1000, ageMs: 600_000 },
  }),
});
