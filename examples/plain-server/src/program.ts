import type { Program } from './read-start.js';

const NGINX = '--nginx';

/** What this example can be told. The ports behind the first are for other origins and for nginx. */
export const PROGRAM: Program = {
  command: 'npm run example:plain-server',
  defaultPort: 8443,
  portCount: process.argv.includes(NGINX) ? 4 : 3,
  flags: {
    [NGINX]: 'starts nginx in front of it, too',
    '--build': 'builds the page first, as npm start does',
  },
};
