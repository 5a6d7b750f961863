import { resolveLimits, WIRE_LIMITS, DECODE_LIMITS } from '@trunkline/protocol';
import type { LimitTable, LimitValues } from '@trunkline/protocol';

/** Limits that a server sets for its peers; each is an option of the same name. */
export const SERVER_LIMITS = {
  sockets: {
    value: 50_000,
    unit: 'items',
    scope: 'node',
    onExcess: 'HTTP 503',
    reason: 'memory for each at its limits would not fit beyond',
  },
  socketsPending: {
    value: 1_000,
    unit: 'items',
    scope: 'node, not yet authenticated',
    onExcess: 'HTTP 503',
    reason: 'strangers must not take the place of users',
  },
  socketRate: {
    value: 2_000,
    unit: 'per second',
    scope: 'node',
    onExcess: 'HTTP 503',
    reason: 'a storm of reconnects is spread, not served at once',
  },
  socketBurst: {
    value: 4_000,
    unit: 'items',
    scope: 'node',
    onExcess: 'HTTP 503',
    reason: 'two seconds of the rate',
  },
  addressSockets: {
    value: 1_024,
    unit: 'items',
    scope: 'address',
    onExcess: 'HTTP 429',
    reason: 'an office behind one address fits',
  },
  addressPending: {
    value: 100,
    unit: 'items',
    scope: 'address, not yet authenticated',
    onExcess: 'HTTP 429',
    reason: 'strangers of one address cannot fill the node',
  },
  addressRate: {
    value: 100,
    unit: 'per second',
    scope: 'address',
    onExcess: 'HTTP 429',
    reason: 'more is not a person',
  },
  addressBurst: {
    value: 400,
    unit: 'items',
    scope: 'address',
    onExcess: 'HTTP 429',
    reason: 'an office that comes back at once fits',
  },
  principalSessions: {
    value: 32,
    unit: 'items',
    scope: 'principal',
    onExcess: 'close 4429',
    reason: 'tabs and devices of one person',
  },
  headerBytes: {
    value: 16_384,
    unit: 'bytes',
    scope: 'HTTP request of listen()',
    onExcess: 'HTTP 431',
    reason: 'cookies and proxies fit',
  },
  headerCount: {
    value: 100,
    unit: 'items',
    scope: 'HTTP request of listen()',
    onExcess: 'dropped',
    reason: 'no client sends more',
  },
  headersMs: {
    value: 10_000,
    unit: 'ms',
    scope: 'HTTP request of listen()',
    onExcess: 'close',
    reason: 'slow headers hold a socket for nothing',
  },
  requestMs: {
    value: 15_000,
    unit: 'ms',
    scope: 'HTTP request of listen()',
    onExcess: 'close',
    reason: 'a slow request holds a socket for nothing',
  },
  fragments: {
    value: 64,
    unit: 'items',
    scope: 'WebSocket message',
    onExcess: 'close 1008',
    reason: 'each costs an object whatever its size',
  },
  bufferedChunks: {
    value: 1_024,
    unit: 'items',
    scope: 'socket',
    onExcess: 'close 1008',
    reason: 'each costs an object whatever its size',
  },
  unfinishedMs: {
    value: 10_000,
    unit: 'ms',
    scope: 'WebSocket message',
    onExcess: 'close 1008',
    reason: 'a message that trickles in holds its memory',
  },
  controlFrames: {
    value: 20,
    unit: 'items',
    scope: 'connection, in 10 s',
    onExcess: 'close 4429',
    reason: 'the protocol has its own pings',
  },
  pendingPongs: {
    value: 8,
    unit: 'items',
    scope: 'connection',
    onExcess: 'pongs are dropped',
    reason: 'a peer that does not read must not make us write',
  },
  helloMs: {
    value: 5_000,
    unit: 'ms',
    scope: 'connection',
    onExcess: 'close 4408',
    reason: 'slow networks fit',
  },
  helloBytes: {
    value: 8_192,
    unit: 'bytes',
    scope: 'HELLO',
    onExcess: 'close 1009',
    reason: 'a token and the revisions of 64 contracts fit',
  },
  earlyBytes: {
    value: 8_192,
    unit: 'bytes',
    scope: 'before WELCOME',
    onExcess: 'close 4400',
    reason: 'nobody is authenticated yet',
  },
  authMs: {
    value: 15_000,
    unit: 'ms',
    scope: 'authentication',
    onExcess: 'close 1001',
    reason: 'the deadline of the hello has ended when this starts',
  },
  authRunning: {
    value: 256,
    unit: 'items',
    scope: 'node',
    onExcess: 'further ones wait',
    reason: 'spares what authenticates in a storm of reconnects',
  },
  callsInFlight: {
    value: 256,
    unit: 'items',
    scope: 'session',
    onExcess: 'BUSY',
    reason: 'the client queues the rest',
  },
  valueInBytes: {
    value: 1_048_576,
    unit: 'bytes',
    scope: 'payload',
    onExcess: 'TOO_LARGE',
    reason: 'raised per procedure where it must be larger',
  },
  valueOutBytes: {
    value: 4_194_304,
    unit: 'bytes',
    scope: 'payload',
    onExcess: 'TOO_LARGE',
    reason: 'raised per procedure where it must be larger',
  },
  inputCost: {
    value: 4_194_304,
    unit: 'bytes',
    scope: 'inputs of running handlers of a session; 48 for each value are added',
    onExcess: 'BUSY',
    reason: 'one MiB of empty arrays decodes to 14 MB',
  },
  boundProcedures: {
    value: 4_096,
    unit: 'items',
    scope: 'session',
    onExcess: 'close 4429',
    reason: 'larger than any contract',
  },
  deadlineMs: {
    value: 30_000,
    unit: 'ms',
    scope: 'call without a deadline',
    onExcess: 'DEADLINE',
    reason: 'what people wait for',
  },
  maxDeadlineMs: {
    value: 300_000,
    unit: 'ms',
    scope: 'call',
    onExcess: 'DEADLINE',
    reason: 'what takes longer is a stream or a job',
  },
  faultRate: {
    value: 33,
    unit: 'per second',
    scope: 'session: cancels and calls refused by its own fault',
    onExcess: 'close 4429',
    reason: 'each costs work that no handler is counted for',
  },
  faultBurst: {
    value: 200,
    unit: 'items',
    scope: 'session: cancels and calls refused by its own fault',
    onExcess: 'close 4429',
    reason: 'a page that is left cancels all it has',
  },
  streams: {
    value: 32,
    unit: 'items',
    scope: 'session',
    onExcess: 'BUSY',
    reason: 'each has credit of its own',
  },
  upCreditItems: {
    value: 16,
    unit: 'items',
    scope: 'stream to the server',
    onExcess: 'close 4400',
    reason: 'all streams of a session together stay within 512 KiB',
  },
  upCreditBytes: {
    value: 16_384,
    unit: 'bytes',
    scope: 'stream to the server',
    onExcess: 'close 4400',
    reason: 'all streams of a session together stay within 512 KiB',
  },
  subscriptions: {
    value: 1_024,
    unit: 'items',
    scope: 'session',
    onExcess: 'BUSY',
    reason: 'each is an entry in a table',
  },
  subscribeRate: {
    value: 20,
    unit: 'per second',
    scope: 'session: subscribes and unsubscribes',
    onExcess: 'close 4429',
    reason: 'each may read history',
  },
  subscribeBurst: {
    value: 1_024,
    unit: 'items',
    scope: 'session: subscribes and unsubscribes',
    onExcess: 'close 4429',
    reason: 'a client that comes back subscribes to all it had',
  },
  outboxBytes: {
    value: 1_048_576,
    unit: 'bytes',
    scope: 'connection: topic messages not yet written',
    onExcess: 'read again from history, or a gap',
    reason: 'a reader that is slow for a moment loses nothing',
  },
  outboxMessages: {
    value: 2_048,
    unit: 'items',
    scope: 'connection: topic messages not yet written',
    onExcess: 'read again from history, or a gap',
    reason: 'a reader that is slow for a moment loses nothing',
  },
  heldBytes: {
    value: 2_097_152,
    unit: 'bytes',
    scope: 'session: results not yet written',
    onExcess: 'BUSY',
    reason: 'no new work for a reader that does not take what it asked for',
  },
  heldMaxBytes: {
    value: 8_388_608,
    unit: 'bytes',
    scope: 'session: results not yet written',
    onExcess: 'OVERLOADED',
    reason: 'what was running before may still end',
  },
  publishRate: {
    value: 100,
    unit: 'per second',
    scope: 'session',
    onExcess: 'RATE',
    reason: 'each is multiplied by the subscribers',
  },
  publishBurst: {
    value: 200,
    unit: 'items',
    scope: 'session',
    onExcess: 'RATE',
    reason: 'two seconds of the rate',
  },
  keepCount: {
    value: 100,
    unit: 'items',
    scope: 'topic that keeps history and does not say how much',
    onExcess: 'the oldest go',
    reason: 'bridges a reconnect of most topics',
  },
  keepAgeMs: {
    value: 300_000,
    unit: 'ms',
    scope: 'topic that keeps history and does not say how long',
    onExcess: 'the oldest go',
    reason: 'bridges a tunnel or a deploy',
  },
  keepBytes: {
    value: 1_048_576,
    unit: 'bytes',
    scope: 'topic that keeps history and does not say how much',
    onExcess: 'the oldest go',
    reason: 'many topics must fit',
  },
  pageRecords: {
    value: 300,
    unit: 'items',
    scope: 'one read of history',
    onExcess: 'next page',
    reason: 'a client that was away must not fill its outbox at once',
  },
  pageBytes: {
    value: 1_048_576,
    unit: 'bytes',
    scope: 'one read of history',
    onExcess: 'next page',
    reason: 'a client that was away must not fill its outbox at once',
  },
  joinRecords: {
    value: 1_000,
    unit: 'items',
    scope: 'topic: live records held while somebody joins',
    onExcess: 'read again from history',
    reason: 'joins history and live without a seam',
  },
} as const satisfies LimitTable;

const ALL_LIMITS = { ...WIRE_LIMITS, ...DECODE_LIMITS, ...SERVER_LIMITS };

/** The values of all limits that hold at a server. */
export type ServerLimits = LimitValues<typeof ALL_LIMITS>;

/** One row of what `server.limits.list()` gives. */
export interface LimitRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly scope: string;
  readonly onExcess: string;
  readonly reason: string;
}

/** Fills in the limits that an application does not set. Throws a TypeError as `resolveLimits`. */
export function resolveServerLimits(overrides: Partial<ServerLimits> | undefined): ServerLimits {
  return resolveLimits(ALL_LIMITS, overrides);
}

/** Lists every limit with the value that holds. */
export function listLimits(limits: ServerLimits): LimitRow[] {
  return Object.entries(ALL_LIMITS).map(([name, entry]) => ({
    ...entry,
    name,
    value: limits[name as keyof ServerLimits],
  }));
}
