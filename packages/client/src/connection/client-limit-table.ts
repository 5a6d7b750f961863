import type { LimitEntry, LimitTable } from '@trunkline/protocol';
import { CLIENT_LIMITS, type ClientLimits } from './client-limits.js';

const TABLE = {
  pendingCalls: {
    value: CLIENT_LIMITS.pendingCalls,
    unit: 'items',
    scope: 'calls, streams and publishes that are not settled',
    onExcess: 'BACKPRESSURE, executed no',
    reaction: { kind: 'error', code: 'BACKPRESSURE' },
    reason: 'they pile up without a connection',
  },
  outboxBytes: {
    value: CLIENT_LIMITS.outboxBytes,
    unit: 'bytes',
    scope: 'inputs and items that are not written; one alone may be larger',
    onExcess: 'BACKPRESSURE, executed no; streams wait',
    reaction: { kind: 'error', code: 'BACKPRESSURE' },
    reason: 'they lie in memory',
  },
  valueBytes: {
    value: CLIENT_LIMITS.valueBytes,
    unit: 'bytes',
    scope: 'value of the server that does not come in one batch',
    onExcess: 'TOO_LARGE',
    reaction: { kind: 'error', code: 'TOO_LARGE' },
    reason: 'four times what a server sends unless a procedure says more',
  },
  subscriptionMessages: {
    value: CLIENT_LIMITS.subscriptionMessages,
    unit: 'items',
    scope: 'loop over a topic: messages that wait for it',
    onExcess: 'the oldest go: read again from history, or a gap',
    reaction: { kind: 'none' },
    reason: 'a loop that is too slow falls behind for ever',
  },
  subscriptionBytes: {
    value: CLIENT_LIMITS.subscriptionBytes,
    unit: 'bytes',
    scope: 'loop over a topic: messages that wait for it; one alone may be larger',
    onExcess: 'the oldest go: read again from history, or a gap',
    reaction: { kind: 'none' },
    reason: 'a loop that is too slow falls behind for ever',
  },
  authMs: {
    value: CLIENT_LIMITS.authMs,
    unit: 'ms',
    scope: 'one request for a token',
    onExcess: 'told to onError, and asked again later',
    reaction: { kind: 'none' },
    reason: 'a token that never comes must not stop the client for good',
  },
  probeMs: {
    value: CLIENT_LIMITS.probeMs,
    unit: 'ms',
    scope: 'connection that is probed after a wake',
    onExcess: 'cut',
    reaction: { kind: 'cut' },
    reason: 'people who come back to a page do not wait longer',
  },
  openMs: {
    value: CLIENT_LIMITS.openMs,
    unit: 'ms',
    scope: 'opening of a connection',
    onExcess: 'cut',
    reaction: { kind: 'cut' },
    reason: 'networks that drop packets in silence take minutes',
  },
  welcomeMs: {
    value: CLIENT_LIMITS.welcomeMs,
    unit: 'ms',
    scope: 'connection, from its opening to being welcome',
    onExcess: 'cut',
    reaction: { kind: 'cut' },
    reason: 'a busy server lets authentication wait in line',
  },
} as const satisfies { readonly [Name in keyof ClientLimits]: LimitEntry } & LimitTable;

/** One limit of a client, with its name. */
interface ClientLimitRow extends LimitEntry {
  readonly name: keyof ClientLimits;
}

/** Lists the limits of a client that is given these: value, unit, scope, and what more gets. */
export function listClientLimits(limits: Partial<ClientLimits> = {}): readonly ClientLimitRow[] {
  const names = Object.keys(TABLE) as (keyof ClientLimits)[];
  return names.map((name) => ({ ...TABLE[name], name, value: limits[name] ?? TABLE[name].value }));
}
