import type { LiveSession } from './connection/live-session.js';

/** What a server has open. */
export interface ServerCounts {
  connections: number;
  /** Those without a connection among them. */
  sessions: number;
  /** Sessions whose client is away and may come back. */
  detached: number;
  /** Handlers that run. */
  calls: number;
  subscriptions: number;
  /** Topics that somebody on this node is subscribed to. */
  topics: number;
  /** Bytes that wait to be written, here or in sockets. */
  outboxBytes: number;
  /** Bytes that were written, and may have to be written again. */
  unackedBytes: number;
}

/** Adds up what all sessions have, beside what is counted elsewhere. */
export function countsOf(
  sessions: Iterable<LiveSession>,
  { connections, detached, topics }: Pick<ServerCounts, 'connections' | 'detached' | 'topics'>,
): ServerCounts {
  const none = { sessions: 0, calls: 0, subscriptions: 0, outboxBytes: 0, unackedBytes: 0 };
  const counts = { connections, detached, topics, ...none };
  for (const session of sessions) {
    counts.sessions++;
    counts.calls += session.running;
    counts.subscriptions += session.subscribed;
    counts.outboxBytes += session.outboxBytes;
    counts.unackedBytes += session.unackedBytes;
  }
  return counts;
}
