import type { LimitTable } from '@trunkline/protocol';

/** Limits of sessions that outlive their connections, and of what is remembered of them. */
export const SESSION_LIMITS = {
  authPending: {
    value: 4,
    unit: 'items',
    scope: 'session: tokens within it that are not decided on',
    onExcess: 'close 4429',
    reaction: { kind: 'close', code: 4429 },
    reason: 'a client renews its token once and waits for the answer',
  },
  detachedMs: {
    value: 120_000,
    least: 0,
    unit: 'ms',
    scope: 'session without a connection',
    onExcess: 'the session ends, GONE expired',
    reaction: { kind: 'gone', reason: 'expired' },
    reason: 'a tunnel, a change of network and a restart of a proxy fit; 0 keeps no session',
  },
  principalDetached: {
    value: 32,
    least: 0,
    unit: 'items',
    scope: 'principal, sessions without a connection',
    onExcess: 'the oldest ends, GONE expired',
    reaction: { kind: 'gone', reason: 'expired' },
    reason: 'tabs and devices of one person',
  },
  detachedSessions: {
    value: 50_000,
    least: 0,
    unit: 'items',
    scope: 'node, sessions without a connection',
    onExcess: 'the oldest ends, GONE expired',
    reaction: { kind: 'gone', reason: 'expired' },
    reason: 'all clients of a node may lose their connections at once',
  },
  detachedBytes: {
    value: 134_217_728,
    least: 0,
    unit: 'bytes',
    scope:
      'node: what waits for clients without a connection, and inputs of their running handlers',
    onExcess: 'the oldest session ends, GONE expired',
    reaction: { kind: 'gone', reason: 'expired' },
    reason: 'results of handlers that go on wait for their callers',
  },
  tombstones: {
    value: 100_000,
    least: 0,
    unit: 'items',
    scope: 'node: ended sessions that are remembered',
    onExcess: 'the oldest is forgotten: GONE unknown, calls executed unknown',
    reaction: { kind: 'gone', reason: 'unknown' },
    reason: 'a client that comes back late is told which of its calls did not run',
  },
  tombstoneMs: {
    value: 600_000,
    least: 0,
    unit: 'ms',
    scope: 'ended session',
    onExcess: 'forgotten: GONE unknown, calls executed unknown',
    reaction: { kind: 'gone', reason: 'unknown' },
    reason: 'who has not come back by then has failed its calls long ago',
  },
} as const satisfies LimitTable;
