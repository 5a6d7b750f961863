/** What a client bounds on its own side. */
export const CLIENT_LIMITS = {
  /** Calls, streams and publishes that are not settled; they pile up without a connection. */
  pendingCalls: 1_024,
  /** Bytes that are not written yet, since they lie in memory. */
  outboxBytes: 8_388_608,
  /** Bytes of one value of the server; a larger one fails its call. */
  valueBytes: 16_777_216,
  /** Messages that wait for a loop over a topic; a loop that is too slow falls behind for ever. */
  subscriptionMessages: 1_000,
  /** Bytes of those messages. */
  subscriptionBytes: 1_048_576,
  /** Milliseconds for `auth`: a token that never comes must not stop the client for good. */
  authMs: 30_000,
  /** Milliseconds for a sign of life after a wake: then the connection is made anew. */
  probeMs: 1_000,
  /** Milliseconds to open a connection: networks that drop packets in silence take minutes. */
  openMs: 10_000,
  /** Milliseconds from then to being welcome; a busy server lets authentication wait in line. */
  welcomeMs: 40_000,
};

/** Values of a client's limits. */
export type ClientLimits = { readonly [Name in keyof typeof CLIENT_LIMITS]: number };
