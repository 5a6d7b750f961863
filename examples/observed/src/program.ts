import type { Program } from './read-start.js';

const ONCE = '--once';

/** What this example can be told. */
export const PROGRAM: Program = {
  command: 'npm run example:observed',
  defaultPort: process.argv.includes(ONCE) ? 0 : 8090,
  flags: { [ONCE]: 'ends after some calls, on a free port, and prints what was counted' },
};
