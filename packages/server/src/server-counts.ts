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
