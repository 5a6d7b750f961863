import type { LimitTable, LimitValues } from '@trunkline/protocol';

/** What a client bounds on its own side, with value, unit and reason. */
export const CLIENT_LIMITS = {
  pendingCalls: {
    value: 1_024,
    unit: 'items',
    scope: 'client',
    onExcess: 'BACKPRESSURE, executed no',
    reason: 'calls pile up while there is no connection',
  },
  outboxBytes: {
    value: 1_048_576,
    unit: 'bytes',
    scope: 'client',
    onExcess: 'BACKPRESSURE, executed no; items of a stream wait',
    reason: 'what is not written yet lies in memory',
  },
  subscriptionMessages: {
    value: 1_000,
    unit: 'items',
    scope: 'loop over a topic',
    onExcess: 'the oldest are dropped, and a gap with the reason slow says which',
    reason: 'a loop that is slower than its topic falls behind for ever',
  },
  subscriptionBytes: {
    value: 1_048_576,
    unit: 'bytes',
    scope: 'loop over a topic',
    onExcess: 'the oldest are dropped, and a gap with the reason slow says which',
    reason: 'a loop that is slower than its topic falls behind for ever',
  },
  authMs: {
    value: 30_000,
    unit: 'ms',
    scope: 'attempt to connect',
    onExcess: 'the next attempt',
    reason: 'a token that never comes must not stop the client for good',
  },
  openMs: {
    value: 10_000,
    unit: 'ms',
    scope: 'attempt to connect',
    onExcess: 'the next attempt',
    reason: 'networks that drop packets in silence answer after minutes',
  },
  welcomeMs: {
    value: 20_000,
    unit: 'ms',
    scope: 'attempt to connect',
    onExcess: 'the next attempt',
    reason: 'a server gives authentication 15 s',
  },
} as const satisfies LimitTable;

/** Values of a client's limits. */
export type ClientLimits = LimitValues<typeof CLIENT_LIMITS>;
