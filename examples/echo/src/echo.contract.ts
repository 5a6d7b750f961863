import { call, contract, topic } from '@trunkline/contract';
import * as z from 'zod';

export const echo = contract('echo', {
  say: call({
    description: 'Answers with the same text behind `Echo: `.',
    input: z.object({ text: z.string().min(1).max(500) }),
    output: z.string(),
  }),
  announcements: topic({
    description: 'Each line that is typed into the console of the server.',
    message: z.object({ text: z.string().min(1).max(2000), sentAt: z.date() }),
    public: true,
    keep: { count: 100 },
  }),
});
