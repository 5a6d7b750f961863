import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

const Level = z
  .object({ id: z.string(), pieces: z.int(), at: z.date() })
  .meta({ id: 'Level', description: 'How many pieces of an article are there, and since when.' });

export const stock = contract('stock', {
  take: call({
    description: 'Takes pieces of an article out of the storehouse.',
    input: z.object({ id: z.string(), pieces: z.int().min(1).max(100) }),
    output: Level,
    errors: { NOT_ENOUGH: z.object({ pieces: z.int() }) },
  }),
  whoami: call({
    description: 'Says what the server knows of the connection of who asks.',
    output: z.object({
      address: z.string().describe('The address of the client, behind proxies that are trusted.'),
      origin: z.string().optional().describe('The origin of the page.'),
      forwardedFor: z.string().optional().describe('What a proxy said, if there was one.'),
    }),
  }),
  count: stream({
    description: 'Counts the storehouse, one article after the other.',
    down: Level,
  }),
  levels: topic({
    description: 'The level of an article, each time it changes.',
    message: Level,
    keep: { count: 100 },
    public: true,
  }),
});
