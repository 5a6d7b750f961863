import { call, contract, stream, topic } from '@trunkline/contract';
import * as z from 'zod';

const Numbered = z.object({ key: z.string(), to: z.int() });

/** What is called, streamed and published while connections are cut. */
export const works = contract('works', {
  echo: call({ input: z.string(), output: z.string() }),
  wait: call({ input: z.string(), output: z.string() }),
  refuse: call({
    input: z.string(),
    output: z.string(),
    errors: { TAKEN: z.object({ by: z.string(), at: z.date() }) },
  }),
  measure: call({ input: z.object({ key: z.string(), text: z.string() }), output: z.int() }),
  large: call({ input: z.object({ key: z.string(), length: z.int() }), output: z.string() }),
  down: stream({ input: Numbered, down: z.int(), output: z.string() }),
  up: stream({ input: z.string(), up: z.int(), output: z.int() }),
  both: stream({ input: z.string(), up: z.int(), down: z.int(), output: z.int() }),
  /** Asks the client that calls it. */
  confirm: call({ input: z.string(), output: z.string() }),
  again: call({ input: z.string(), output: z.string(), idempotent: true }),
  client: {
    ask: call({ input: z.string(), output: z.string() }),
  },
  room: topic({
    params: z.object({ id: z.int() }),
    message: z.string(),
    publish: 'client',
    public: true,
    keep: { count: 200 },
  }),
});
