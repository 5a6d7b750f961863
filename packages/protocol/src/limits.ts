/** How a limit is described: value, unit, what it holds for, and what more than it gets. */
export interface LimitEntry {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'items' | 'per second';
  /** Whose count it is. */
  readonly scope: string;
  readonly onExcess: string;
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
    value: 262_144,
    unit: 'bytes',
    scope: 'batch',
    onExcess: 'close 1009',
    reason: 'parsed in one go: at this size it takes a few milliseconds',
  },
  batchCloseBytes: {
    value: 65_536,
    unit: 'bytes',
    scope: 'batch written',
    onExcess: 'next batch',
    reason: 'larger ones gain nothing and delay what is urgent',
  },
  writeAheadBytes: {
    value: 262_144,
    unit: 'bytes',
    scope: 'connection',
    onExcess: 'waits in the outbox',
    reason: 'what is in the socket can be neither reordered nor withdrawn',
  },
  unackedMessages: {
    value: 16_384,
    unit: 'items',
    scope: 'direction of a session',
    onExcess: 'the sender waits',
    reason: 'keeps 16 bits of a number unambiguous',
  },
  ackMessages: {
    value: 32,
    unit: 'items',
    scope: 'direction of a session',
    onExcess: 'acknowledged at once',
    reason: 'the sender holds what is not acknowledged',
  },
  ackBytes: {
    value: 65_536,
    unit: 'bytes',
    scope: 'direction of a session',
    onExcess: 'acknowledged at once',
    reason: 'the sender holds what is not acknowledged',
  },
  ackDelayMs: {
    value: 200,
    unit: 'ms',
    scope: 'direction of a session',
    onExcess: 'acknowledged at once',
    reason: 'longer than most answers take, which carry it for nothing',
  },
  cutBytes: {
    value: 32_768,
    unit: 'bytes',
    scope: 'payload written',
    onExcess: 'cut into chunks',
    reason: 'what is smaller delays nobody',
  },
  chunkBytes: {
    value: 16_384,
    unit: 'bytes',
    scope: 'chunk written',
    onExcess: 'next chunk',
    reason: 'a slow link of 10 Mbit/s takes 13 ms for it',
  },
  bulkTurnBytes: {
    value: 262_144,
    unit: 'bytes',
    scope: 'connection: messages written since the last chunk',
    onExcess: 'a chunk goes first',
    reason: 'large values must arrive as well',
  },
  windowStartBytes: {
    value: 49_152,
    unit: 'bytes',
    scope: 'connection: chunks not acknowledged, before anything was measured',
    onExcess: 'chunks wait',
    reason: 'three chunks keep a slow link busy',
  },
  windowMinBytes: {
    value: 32_768,
    unit: 'bytes',
    scope: 'connection: chunks not acknowledged',
    onExcess: 'chunks wait',
    reason: 'with one chunk the link would rest for each acknowledgement',
  },
  windowMaxBytes: {
    value: 4_194_304,
    unit: 'bytes',
    scope: 'connection: chunks not acknowledged',
    onExcess: 'chunks wait',
    reason: 'fills a link of 1 Gbit/s around half of the world or less',
  },
  windowAheadMs: {
    value: 25,
    unit: 'ms',
    scope: 'connection: what chunks may add to the smallest round trip',
    onExcess: 'chunks wait',
    reason: 'what is small waits this long behind chunks, and people do not notice',
  },
  assemblyBytes: {
    value: 4_194_304,
    unit: 'bytes',
    scope: 'session: inputs that come in chunks and are not complete; one alone may be larger',
    onExcess: 'BUSY',
    reason: 'four of the largest inputs',
  },
  assemblyDownBytes: {
    value: 33_554_432,
    unit: 'bytes',
    scope: 'client: values that come in chunks and are not complete; one alone may be larger',
    onExcess: 'the server waits',
    reason: 'small values must pass large ones, and it is its own server',
  },
  transfers: {
    value: 256,
    unit: 'items',
    scope: 'direction of a session: values begun and not complete',
    onExcess: 'close 4400',
    reason: 'each costs memory before its first byte',
  },
  chunkPauseMs: {
    value: 10_000,
    unit: 'ms',
    scope: 'between two chunks of a value',
    onExcess: 'TOO_LARGE',
    reason: 'what was received so far holds memory for nothing',
  },
  idleMs: {
    value: 15_000,
    unit: 'ms',
    scope: 'connection',
    onExcess: 'PING by the server',
    reason: 'below the 30 to 60 s after which proxies cut',
  },
  deadMs: {
    value: 35_000,
    unit: 'ms',
    scope: 'connection',
    onExcess: 'cut',
    reason: 'two pings may be lost',
  },
  busyIdleMs: {
    value: 4_000,
    unit: 'ms',
    scope: 'connection with something outstanding',
    onExcess: 'PING',
    reason: 'a call must learn of a dead link well before its deadline',
  },
  busyDeadMs: {
    value: 8_000,
    unit: 'ms',
    scope: 'connection with something outstanding',
    onExcess: 'cut',
    reason: 'leaves most of a 30 s deadline for trying again',
  },
  stalledMs: {
    value: 10_000,
    unit: 'ms',
    scope: 'connection',
    onExcess: 'close 4508',
    reason: 'a reader that takes nothing for so long holds memory for nothing',
  },
  outboxMaxMessages: {
    value: 65_536,
    unit: 'items',
    scope: 'connection: all that is not yet written',
    onExcess: 'close 4508',
    reason: 'four times what may be un-acknowledged; only a peer that takes nothing gets there',
  },
  outboxMaxBytes: {
    value: 33_554_432,
    unit: 'bytes',
    scope: 'connection: all that is not yet written',
    onExcess: 'close 4508',
    reason: 'above what results, streams and topics together may hold',
  },
  downCreditItems: {
    value: 64,
    unit: 'items',
    scope: 'stream to a client',
    onExcess: 'the producer waits',
    reason: 'covers a round trip of a fast producer',
  },
  downCreditBytes: {
    value: 262_144,
    unit: 'bytes',
    scope: 'stream to a client',
    onExcess: 'the producer waits',
    reason: 'what a client holds for a consumer that is slow',
  },
} as const satisfies LimitTable;

/** Limits of decoding one value; a server's are tighter than a client's. */
export const DECODE_LIMITS = {
  depth: {
    value: 64,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reason: 'validators recurse; zod overflows the stack at 2,000',
  },
  values: {
    value: 50_000,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reason: 'each value costs memory many times its bytes',
  },
  keys: {
    value: 1_000,
    unit: 'items',
    scope: 'object',
    onExcess: 'INVALID_INPUT',
    reason: 'larger ones are maps, which have their own limit',
  },
  keyBytes: {
    value: 256,
    unit: 'bytes',
    scope: 'key of an object',
    onExcess: 'INVALID_INPUT',
    reason: 'keys are names',
  },
  entries: {
    value: 10_000,
    unit: 'items',
    scope: 'all maps and sets of a value',
    onExcess: 'INVALID_INPUT',
    reason: 'each entry is hashed',
  },
  numericEntries: {
    value: 2_500,
    unit: 'items',
    scope: 'numbers and bigints as keys of all maps and sets of a value',
    onExcess: 'INVALID_INPUT',
    reason: 'engines hash numbers without a secret, so chosen ones collide and cost their square',
  },
  annotations: {
    value: 1_000,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reason: 'each is a walk along a path',
  },
  pathSteps: {
    value: 64,
    unit: 'items',
    scope: 'annotation',
    onExcess: 'INVALID_INPUT',
    reason: 'no value is deeper',
  },
  binaries: {
    value: 16,
    unit: 'items',
    scope: 'value',
    onExcess: 'INVALID_INPUT',
    reason: 'each is a copy of its own',
  },
  bigintDigits: {
    value: 1_024,
    unit: 'items',
    scope: 'bigint',
    onExcess: 'INVALID_INPUT',
    reason: 'reading one is quadratic',
  },
  urlBytes: {
    value: 2_048,
    unit: 'bytes',
    scope: 'URL',
    onExcess: 'INVALID_INPUT',
    reason: 'what browsers and servers take',
  },
} as const satisfies LimitTable;

/** Values of the limits of decoding. */
export type DecodeLimits = LimitValues<typeof DECODE_LIMITS>;

/** Values of the wire's limits. */
export type WireLimits = LimitValues<typeof WIRE_LIMITS>;

/**
 * Gives the values of a table with some of them replaced. Throws a TypeError for a name that the
 * table does not have and for a value that is not a whole number from 0.
 */
export function resolveLimits<Table extends LimitTable>(
  table: Table,
  overrides: Partial<LimitValues<Table>> = {},
): LimitValues<Table> {
  const values: Record<string, number> = {};
  for (const [name, entry] of Object.entries(table)) values[name] = entry.value;
  for (const [name, value] of Object.entries(overrides) as [string, number | undefined][]) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, name)) {
      throw new TypeError(`unknown limit "${name}": expected ${Object.keys(table).join(', ')}`);
    }
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new TypeError(`limit "${name}" must be a whole number from 0, not "${value}"`);
    }
    values[name] = value;
  }
  return values as LimitValues<Table>;
}

/** Limits of decoding at a client, which reads what its own server sends. */
export const CLIENT_DECODE_LIMITS: DecodeLimits = resolveLimits(DECODE_LIMITS, {
  values: 1_000_000,
  numericEntries: 10_000,
});

/** Limits of decoding at a server. */
export const SERVER_DECODE_LIMITS: DecodeLimits = resolveLimits(DECODE_LIMITS);
