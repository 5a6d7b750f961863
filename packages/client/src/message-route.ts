import { Violation } from '@trunkline/protocol';
import type { CallTable } from './call-table.js';
import type { ConnectionUser } from './connection.js';

/** Leads each message to what it is for: calls or subscriptions. */
export function routeMessages(calls: CallTable): ConnectionUser {
  return {
    attach: (link, { limits }) => calls.attach(link, limits),
    isBusy: () => calls.takenIds > 0,
    flushed: () => calls.flushed(),
    detach: () => calls.detach(),
    stop: (code, reason) => calls.stop(code, reason),
    receive: (message) => {
      switch (message.kind) {
        case 'RESULT':
        case 'ERROR':
        case 'ITEM':
        case 'END':
        case 'CREDIT':
        case 'CANCEL':
          return calls.receive(message);
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
