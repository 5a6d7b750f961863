import type { Program } from './read-start.js';

/** What this example can be told. */
export const PROGRAM: Program = {
  command: 'npm run example:chat',
  defaultPort: 8090,
  host: process.env['HOST'] || '127.0.0.1',
  flags: { '--build': 'builds the page first, as npm start does' },
  variables: {
    'HOST=0.0.0.0': 'lets others in the same network come',
    'KEEP=3': 'how many messages of a room are kept, without it 200',
    'EMPTY_SECONDS=60': 'how long a room of somebody stays when it is empty, without it 600',
  },
};
