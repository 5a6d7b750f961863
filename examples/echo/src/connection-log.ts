import type { Observer } from '@trunkline/server/operations';
import { quote } from './quote.js';

/** Says on the console when a connection is opened and closed, by whom and with which code. */
export const connectionLog: Observer = {
  connectionOpened: ({ number, remoteAddress }) => {
    console.log(`opened ${number} from ${remoteAddress}`);
  },
  connectionClosed: ({ connection: { number }, code, reason, by }) => {
    const who = by === 'peer' ? 'client' : 'server';
    // The reason is what the other side says: it may hold anything.
    console.log(
      `closed ${number} by the ${who} with ${code}${reason === '' ? '' : ` ${quote(reason)}`}`,
    );
  },
};
