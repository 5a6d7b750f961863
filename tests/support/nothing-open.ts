import type { Server } from '@trunkline/server';

/** What a server counts when all that a test has started is gone. */
export const NOTHING_OPEN: Server['counts'] = {
  connections: 0,
  sessions: 0,
  detached: 0,
  calls: 0,
  subscriptions: 0,
  topics: 0,
  outboxBytes: 0,
  unackedBytes: 0,
};
