import * as z from 'zod';
import { keepCallsInFlight } from '../harness/keep-calls-in-flight.mjs';

const request = { name: 'Ada', n: 41 };

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'one connection, 100 small calls in flight, input and output validated',
  unit: 'call',
  connections: 1,
  procedure: {
    name: 'greet',
    input: z.object({ name: z.string().min(1).max(100), n: z.int() }),
    output: z.object({ greeting: z.string(), n: z.int() }),
    handle: ({ name, n }) => ({ greeting: `Hello, ${name}!`, n: n + 1 }),
  },
  request,
  // The last one is a right input whose output is wrong: n + 1 is no safe integer any more.
  refusedRequests: [
    { name: '', n: 41 },
    { name: 'Ada', n: 0.5 },
    { name: 'Ada', n: Number.MAX_SAFE_INTEGER },
  ],
  check: (output) => output.n === 42 && output.greeting === 'Hello, Ada!',
  drive: (clients, options) =>
    keepCallsInFlight(clients, { ...options, request, inFlightPerClient: 100 }),
};
