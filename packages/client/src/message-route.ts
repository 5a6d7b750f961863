import { Violation } from '@trunkline/protocol';
import type { CallTable } from './call-table.js';
import type { ConnectionUser } from './connection.js';
import type { Subscriptions } from './subscriptions.js';

/** Leads what a connection tells to what it is for: calls and subscriptions. */
export function routeMessages(calls: CallTable, subscriptions: Subscriptions): ConnectionUser {
  return {
    attach: (link, { limits }) => {
      // Who subscribes and then calls expects to be told what comes of the call.
      subscriptions.attach(link);
      calls.attach(link, limits);
    },
    isBusy: () => calls.takenIds > 0,
    flushed: () => calls.flushed(),
    detach: () => {
      subscriptions.detach();
      calls.detach();
    },
    stop: (code, reason) => {
      subscriptions.stop(code, reason);
      calls.stop(code, reason);
    },
    receive: (message) => {
      switch (message.kind) {
        case 'RESULT':
        case 'ERROR':
        case 'ITEM':
        case 'END':
        case 'CREDIT':
        case 'CANCEL':
          return calls.receive(message);
        case 'SUBSCRIBED':
        case 'MESSAGE':
        case 'GAP':
        case 'STALE':
        case 'ENDED':
          return subscriptions.receive(message);
        case 'HELLO':
        case 'RESUME':
        case 'AUTH':
        case 'SUBSCRIBE':
        case 'UNSUBSCRIBE':
          return new Violation('WRONG_DIRECTION');
        default:
          return new Violation('NOT_OFFERED');
      }
    },
  };
}
