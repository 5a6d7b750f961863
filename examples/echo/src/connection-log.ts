import type { Observer } from '@trunkline/server/operations';
import { quote } from './quote.js';

/** What the close codes mean that are seen here; docs/errors.md has them all. */
const MEANINGS: Readonly<Record<number, string>> = {
  1000: 'it is done',
  1001: 'it is leaving',
  1005: 'it said nothing',
  1006: 'it was cut',
  4400: 'the protocol was broken',
  4408: 'no HELLO came in time',
  4409: 'a newer connection has taken its place',
  4412: 'the page rests',
  4503: 'the server stops',
};
const DRAINING = 4503;

/** Says on the console when a connection is opened and closed, by whom and with which code. */
export const connectionLog: Observer = {
  connectionOpened: ({ number, remoteAddress }) => {
    console.log(`opened ${number} from ${remoteAddress}`);
  },
  connectionClosed: ({ connection: { number }, code, reason, by }) => {
    const who = by === 'peer' ? 'client' : 'server';
    const why = [MEANINGS[code], tellReason(code, reason)].filter((text) => text !== undefined);
    const words = why.length === 0 ? '' : ` (${why.join('; ')})`;
    console.log(`closed ${number} by the ${who} with ${code}${words}`);
  },
};

function tellReason(code: number, reason: string): string | undefined {
  if (code === DRAINING && /^\d+$/.test(reason)) return `the page comes back after ${reason} ms`;
  // The reason is what the other side says: it may hold anything.
  return reason === '' ? undefined : quote(reason);
}
