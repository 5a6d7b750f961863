import { createServer } from 'node:http';

/** Takes the connections of all runs, one run after the other, with the limits of ours. */
export const HTTP = createServer({
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
});
HTTP.maxHeadersCount = 100;
