import { call, contract } from '@trunkline/contract';
import * as z from 'zod';

/** What is asked of a server that is drained: work that takes so long. */
export const drainDesk = contract('drain', {
  work: call({
    input: z.object({ key: z.int(), ms: z.int() }),
    output: z.int(),
    deadlineMs: 120_000,
  }),
});
