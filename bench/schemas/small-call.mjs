import * as z from 'zod';

/** The call of most scenarios: two values in, two values out. */
export const smallCall = {
  unit: 'call',
  member: {
    kind: 'call',
    name: 'greet',
    input: z.object({ name: z.string().min(1).max(100), n: z.int() }),
    output: z.object({ greeting: z.string(), n: z.int() }),
    handle: ({ name, n }) => ({ greeting: `Hello, ${name}!`, n: n + 1 }),
  },
  request: { name: 'Ada', n: 41 },
  // The last one is a right input whose output is wrong: n + 1 is no safe integer any more.
  refusedRequests: [
    { name: '', n: 41 },
    { name: 'Ada', n: 0.5 },
    { name: 'Ada', n: Number.MAX_SAFE_INTEGER },
  ],
  check: (output) => output.n === 42 && output.greeting === 'Hello, Ada!',
};
