import type { Program } from './read-start.js';

/** What this example can be told. */
export const PROGRAM: Program = {
  command: 'npm run example:echo',
  defaultPort: 3001,
  flags: { '--build': 'builds the page first, as npm start does' },
};
