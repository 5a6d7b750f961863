import { FEATURES, Violation, type SessionLimits } from '@trunkline/protocol';
import type { CallTable } from './call-table.js';
import type { ConnectionUser } from './connection.js';
import type { Answering } from './serving.js';
import type { Subscriptions } from './subscriptions.js';
import { MAX_PAYLOAD_BYTES } from './value.js';

/** Leads what a connection tells to what it is for: calls of either side, and subscriptions. */
export function routeMessages(
  calls: CallTable,
  subscriptions: Subscriptions,
  answering?: Answering,
): ConnectionUser {
  return {
    attach: ({ link, takesPacked }, welcome) => {
      // Who subscribes and then calls expects to be told what comes of the call.
      subscriptions.attach(link, takesPacked);
      const terms = { ...reachable(welcome.limits, welcome.features), takesPacked };
      answering?.attach(link, terms);
      if (welcome.kind === 'WELCOME') calls.attach(link, terms);
      else calls.resumed(welcome.rx, terms);
    },
    isBusy: () => calls.takenIds > 0,
    flushed: () => calls.flushed(),
    replayed: () => calls.replayed(),
    detach: () => {
      subscriptions.detach();
      calls.detach();
    },
    lost: (rx) => {
      calls.lost(rx);
      answering?.stop('the session has ended');
    },
    stop: (code, reason) => {
      subscriptions.stop(code, reason);
      calls.stop(code, reason);
      answering?.stop(reason);
    },
    receive: (message) => {
      const taken = answering?.receive(message) ?? false;
      if (taken !== false) return taken === true ? undefined : taken;
      switch (message.kind) {
        case 'RESULT':
        case 'ERROR':
        case 'ITEM':
        case 'END':
        case 'CREDIT':
        case 'CANCEL':
        case 'REFUSED':
          return calls.receive(message);
        case 'SUBSCRIBED':
        case 'MESSAGE':
        case 'GAP':
        case 'STALE':
        case 'ENDED':
          return subscriptions.receive(message);
        default:
          return new Violation('NOT_OFFERED');
      }
    },
  };
}

/** A server that takes no chunks gets no value that is larger than a batch, whatever it allows. */
function reachable(limits: SessionLimits, features: number): SessionLimits {
  if ((features & FEATURES.CHUNK) !== 0) return limits;
  return { ...limits, valueInBytes: Math.min(limits.valueInBytes, MAX_PAYLOAD_BYTES) };
}
