import type { ErrorCode } from './error-code.js';
import { SERVER_DECODE_LIMITS, WIRE_DEFAULTS } from './limit-values.js';
import { nameHint } from './nearest-name.js';

export {
  CLIENT_DECODE_LIMITS,
  SERVER_DECODE_LIMITS,
  type DecodeLimits,
  type WireLimits,
} from './limit-values.js';

/**
 * What the other side sees of more than a limit allows. That is the code that closes, the status of
 * an HTTP answer, the code of an error, the reason of a GONE, or the connection cut. With `none` it
 * is told nothing: this side waits, drops, or acts by itself.
 */
export type LimitReaction =
  | { readonly kind: 'close'; readonly code: number }
  | { readonly kind: 'http'; readonly status: number }
  | { readonly kind: 'error'; readonly code: ErrorCode }
  | { readonly kind: 'gone'; readonly reason: 'expired' | 'unknown' }
  | { readonly kind: 'cut' | 'none' };

/** How a limit is described: value, unit, what it holds for, and what more than it gets. */
export interface LimitEntry {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'items' | 'per second';
  /** Whose count it is. */
  readonly scope: string;
  /** What more than it gets, for people. */
  readonly onExcess: string;
  /** The same, for programs. */
  readonly reaction: LimitReaction;
  /** The least value that makes sense; 1 unless given. */
  readonly least?: number;
  /** Whether the value is a part of the wire or of a format, and no option. */
  readonly isFixed?: true;
  /** Why it is what it is. */
  readonly reason: string;
}

/** A table of limits by name. */
export type LimitTable = { readonly [name: string]: LimitEntry };

/** The values of a table of limits. */
export type LimitValues<Table extends LimitTable> = { readonly [Name in keyof Table]: number };

/** Limits that the wire sets for both peers. */
export const WIRE_LIMITS = {
  batchBytes: {
    value: WIRE_DEFAULTS.batchBytes,
    unit: 'bytes',
    scope: 'batch',
    onExcess: 'close 1009',
    reaction: { kind: 'close', code: 1009 },
    reason: 'parsed in one go: at this size it takes a few milliseconds',
  },
  batchCloseBytes: {
    value: WIRE_DEFAULTS.batchCloseBytes,
    unit: 'bytes',
    scope: 'batch written',
    onExcess: 'next batch',
    reaction: { kind: 'none' },
    reason: 'larger ones gain nothing and delay what is urgent',
  },
  writeAheadBytes: {
    value: WIRE_DEFAULTS.writeAheadBytes,
    unit: 'bytes',
    scope: 'connection',
    onExcess: 'waits in the outbox',
    reaction: { kind: 'none' },
    reason: 'what is in the socket can be neither reordered nor withdrawn',
  },
  unackedMessages: {
    value: WIRE_DEFAULTS.unackedMessages,
    unit: 'items',
    scope: 'direction of a session',
    onExcess: 'the sender waits',
    reaction: { kind: 'none' },
    reason: 'keeps 16 bits of a number unambiguous',
  },
  unackedBytes: {
    value: WIRE_DEFAULTS.unackedBytes,
    unit: 'bytes',
    scope: 'direction of a session',
    onExcess: 'the sender waits',
    reaction: { kind: 'none' },
    reason: 'what was sent is kept until it is acknowledged; chunks have a window of their own',
  },
  ackMessages: {
    value: WIRE_DEFAULTS.ackMessages,
    unit: 'items',
    scope: 'direction of a session',
    onExcess: 'acknowledged at once',
    reaction: { kind: 'none' },
    reason: 'the sender holds what is not acknowledged',
  },
  ackBytes: {
    value: WIRE_DEFAULTS.ackBytes,
    unit: 'bytes',
    scope: 'direction of a session',
    onExcess: 'acknowledged at once',
    reaction: { kind: 'none' },
    reason: 'the sender holds what is not acknowledged',
  },
  ackDelayMs: {
    value: WIRE_DEFAULTS.ackDelayMs,
    least: 0,
    unit: 'ms',
    scope: 'direction of a session',
    onExcess: 'acknowledged at once',
    reaction: { kind: 'none' },
    reason: 'longer than most answers take, which carry it for nothing',
  },
  cutBytes: {
    value: WIRE_DEFAULTS.cutBytes,
    unit: 'bytes',
    scope: 'payload written',
    onExcess: 'cut into chunks',
    reaction: { kind: 'none' },
    reason: 'what is smaller delays nobody',
  },
  chunkBytes: {
    value: WIRE_DEFAULTS.chunkBytes,
    unit: 'bytes',
    scope: 'chunk written',
    onExcess: 'next chunk',
    reaction: { kind: 'none' },
    reason: 'a slow link of 10 Mbit/s takes 13 ms for it',
  },
  bulkTurnBytes: {
    value: WIRE_DEFAULTS.bulkTurnBytes,
    unit: 'bytes',
    scope: 'connection: messages written since the last chunk',
    onExcess: 'a chunk goes first',
    reaction: { kind: 'none' },
    reason: 'large values must arrive as well',
  },
  windowStartBytes: {
    value: WIRE_DEFAULTS.windowStartBytes,
    unit: 'bytes',
    scope: 'connection: chunks not acknowledged, before anything was measured',
    onExcess: 'chunks wait',
    reaction: { kind: 'none' },
    reason: 'three chunks keep a slow link busy',
  },
  windowMinBytes: {
    value: WIRE_DEFAULTS.windowMinBytes,
    unit: 'bytes',
    scope: 'connection: chunks not acknowledged',
    onExcess: 'chunks wait',
    reaction: { kind: 'none' },
    reason: 'with one chunk the link would rest for each acknowledgement',
  },
  windowMaxBytes: {
    value: WIRE_DEFAULTS.windowMaxBytes,
    unit: 'bytes',
    scope: 'connection: chunks not acknowledged',
    onExcess: 'chunks wait',
    reaction: { kind: 'none' },
    reason: 'fills a link of 1 Gbit/s around half of the world or less',
  },
  windowAheadMs: {
    value: WIRE_DEFAULTS.windowAheadMs,
    unit: 'ms',
    scope: 'connection: what chunks may add to the smallest round trip',
    onExcess: 'chunks wait',
    reaction: { kind: 'none' },
    reason: 'what is small waits this long behind chunks, and people do not notice',
  },
  assemblyBytes: {
    value: WIRE_DEFAULTS.assemblyBytes,
    unit: 'bytes',
    scope: 'session: inputs that come in chunks and are not complete; one alone may be larger',
    onExcess: 'BUSY',
    reaction: { kind: 'error', code: 'BUSY' },
    reason: 'four of the largest inputs',
  },
  assemblyDownBytes: {
    value: WIRE_DEFAULTS.assemblyDownBytes,
    unit: 'bytes',
    scope: 'client: values that come in chunks and are not complete; one alone may be larger',
    onExcess: 'the server waits',
    reaction: { kind: 'none' },
    reason: 'small values must pass large ones, and it is its own server',
  },
  transfers: {
    value: WIRE_DEFAULTS.transfers,
    unit: 'items',
    scope: 'direction of a session: values begun and not complete',
    onExcess: 'close 4400',
    reaction: { kind: 'close', code: 4400 },
    reason: 'each costs memory before its first byte',
  },
  chunkPauseMs: {
    value: WIRE_DEFAULTS.chunkPauseMs,
    unit: 'ms',
    scope: 'between two chunks of a value',
    onExcess: 'TOO_LARGE',
    reaction: { kind: 'error', code: 'TOO_LARGE' },
    reason: 'what was received so far holds memory for nothing',
  },
  idleMs: {
    value: WIRE_DEFAULTS.idleMs,
    unit: 'ms',
    scope: 'connection',
    onExcess: 'PING by the server',
    reaction: { kind: 'none' },
    reason: 'below the 30 to 60 s after which proxies cut',
  },
  deadMs: {
    value: WIRE_DEFAULTS.deadMs,
    unit: 'ms',
    scope: 'connection',
    onExcess: 'cut',
    reaction: { kind: 'cut' },
    reason: 'two pings may be lost',
  },
  busyIdleMs: {
    value: WIRE_DEFAULTS.busyIdleMs,
    unit: 'ms',
    scope: 'connection with something outstanding',
    onExcess: 'PING',
    reaction: { kind: 'none' },
    reason: 'a call must learn of a dead link well before its deadline',
  },
  busyDeadMs: {
    value: WIRE_DEFAULTS.busyDeadMs,
    unit: 'ms',
    scope: 'connection with something outstanding',
    onExcess: 'cut',
    reaction: { kind: 'cut' },
    reason: 'leaves most of a 30 s deadline for trying again',
  },
  stalledMs: {
    value: WIRE_DEFAULTS.stalledMs,
    unit: 'ms',
    scope: 'connection',
    onExcess: 'close 4508',
    reaction: { kind: 'close', code: 4508 },
    reason: 'a reader that takes nothing for so long holds memory for nothing',
  },
  outboxMaxMessages: {
    value: WIRE_DEFAULTS.outboxMaxMessages,
    unit: 'items',
    scope: 'connection: all that is not yet written',
    onExcess: 'close 4508',
    reaction: { kind: 'close', code: 4508 },
    reason: 'four times what may be un-acknowledged; only a peer that takes nothing gets there',
  },
  outboxMaxBytes: {
    value: WIRE_DEFAULTS.outboxMaxBytes,
    unit: 'bytes',
    scope: 'connection: all that is not yet written',
    onExcess: 'close 4508',
    reaction: { kind: 'close', code: 4508 },
    reason: 'above what results, streams and topics together may hold',
  },
  downCreditItems: {
    value: WIRE_DEFAULTS.downCreditItems,
    unit: 'items',
    scope: 'stream to a client',
    onExcess: 'the producer waits',
    reaction: { kind: 'none' },
    reason: 'covers a round trip of a fast producer',
  },
  downCreditBytes: {
    value: WIRE_DEFAULTS.downCreditBytes,
    unit: 'bytes',
    scope: 'stream to a client',
    onExcess: 'the producer waits',
    reaction: { kind: 'none' },
    reason: 'what a client holds for a consumer that is slow',
  },
} as const satisfies LimitTable;

/** Limits of decoding one value; a server's are tighter than a client's. */
export const DECODE_LIMITS = {
  depth: {
    value: SERVER_DECODE_LIMITS.depth,
    least: 0,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'validators recurse; zod overflows the stack at 2,000',
  },
  values: {
    value: SERVER_DECODE_LIMITS.values,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'each value costs memory many times its bytes',
  },
  keys: {
    value: SERVER_DECODE_LIMITS.keys,
    least: 0,
    unit: 'items',
    scope: 'object',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'larger ones are maps, which have their own limit',
  },
  keyBytes: {
    value: SERVER_DECODE_LIMITS.keyBytes,
    unit: 'bytes',
    scope: 'key of an object',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'keys are names',
  },
  entries: {
    value: SERVER_DECODE_LIMITS.entries,
    least: 0,
    unit: 'items',
    scope: 'all maps and sets of a value',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'each entry is hashed',
  },
  numericEntries: {
    value: SERVER_DECODE_LIMITS.numericEntries,
    least: 0,
    unit: 'items',
    scope: 'numbers and bigints as keys of all maps and sets of a value',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'engines hash numbers without a secret, so chosen ones collide and cost their square',
  },
  annotations: {
    value: SERVER_DECODE_LIMITS.annotations,
    least: 0,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'each is a walk along a path',
  },
  pathSteps: {
    value: SERVER_DECODE_LIMITS.pathSteps,
    least: 0,
    unit: 'items',
    scope: 'annotation',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'no value is deeper',
  },
  binaries: {
    value: SERVER_DECODE_LIMITS.binaries,
    least: 0,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'each is a copy of its own',
  },
  bigintDigits: {
    value: SERVER_DECODE_LIMITS.bigintDigits,
    unit: 'items',
    scope: 'bigint',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'reading one is quadratic',
  },
  urlBytes: {
    value: SERVER_DECODE_LIMITS.urlBytes,
    unit: 'bytes',
    scope: 'URL',
    onExcess: 'INVALID_INPUT',
    reaction: { kind: 'error', code: 'INVALID_INPUT' },
    reason: 'what browsers and servers take',
  },
} as const satisfies LimitTable;

/**
 * Gives the values of a table with some of them replaced. Throws a TypeError for a name that the
 * table does not have, for what is fixed, and for a value that makes no sense.
 */
export function resolveLimits<Table extends LimitTable>(
  table: Table,
  overrides: Partial<LimitValues<Table>> = {},
): LimitValues<Table> {
  const values: Record<string, number> = {};
  for (const [name, entry] of Object.entries(table)) values[name] = entry.value;
  for (const [name, value] of Object.entries(overrides) as [string, number | undefined][]) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, name))
      throw new TypeError(`unknown limit "${name}": ${nameHint(name, Object.keys(table))}`);
    const { least = 1, isFixed, value: standard } = table[name] as LimitEntry;
    if (isFixed === true && value !== standard) {
      throw new TypeError(`limit "${name}" is "${standard}" for everybody, and no option`);
    }
    if (!Number.isSafeInteger(value) || value < least) {
      throw new TypeError(`limit "${name}" must be a whole number from ${least}, not "${value}"`);
    }
    values[name] = value;
  }
  return values as LimitValues<Table>;
}
