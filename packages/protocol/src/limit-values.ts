/** Values of limits as numbers alone, for who says nothing about them; `limits.ts` has the rest. */

const WIRE = {
  batchBytes: 262_144,
  batchCloseBytes: 65_536,
  writeAheadBytes: 262_144,
  unackedMessages: 16_384,
  unackedBytes: 2_097_152,
  ackMessages: 32,
  ackBytes: 65_536,
  ackDelayMs: 200,
  cutBytes: 32_768,
  chunkBytes: 16_384,
  bulkTurnBytes: 262_144,
  windowStartBytes: 49_152,
  windowMinBytes: 32_768,
  windowMaxBytes: 4_194_304,
  windowAheadMs: 20,
  assemblyBytes: 4_194_304,
  assemblyDownBytes: 33_554_432,
  transfers: 256,
  chunkPauseMs: 10_000,
  idleMs: 15_000,
  deadMs: 35_000,
  busyIdleMs: 4_000,
  busyDeadMs: 8_000,
  stalledMs: 10_000,
  outboxMaxMessages: 65_536,
  outboxMaxBytes: 33_554_432,
  downCreditItems: 64,
  downCreditBytes: 262_144,
};

/** Values of the wire's limits. */
export type WireLimits = Readonly<typeof WIRE>;

/** Values of the limits that the wire sets for both peers. */
export const WIRE_DEFAULTS: WireLimits = WIRE;

const DECODE = {
  depth: 64,
  values: 50_000,
  keys: 1_000,
  keyBytes: 256,
  entries: 10_000,
  numericEntries: 2_500,
  annotations: 1_000,
  pathSteps: 64,
  binaries: 16,
  bigintDigits: 1_024,
  urlBytes: 2_048,
};

/** Values of the limits of decoding. */
export type DecodeLimits = Readonly<typeof DECODE>;

/** Limits of decoding at a server. */
export const SERVER_DECODE_LIMITS: DecodeLimits = DECODE;

/** Limits of decoding at a client, which reads what its own server sends. */
export const CLIENT_DECODE_LIMITS: DecodeLimits = {
  ...SERVER_DECODE_LIMITS,
  values: 1_000_000,
  numericEntries: 10_000,
};
