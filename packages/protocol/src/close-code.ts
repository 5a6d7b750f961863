/** What a client does when a connection ends. */
export type CloseReaction =
  /** Connects again after its backoff. */
  | 'retry'
  /** Connects again after the milliseconds that the reason gives. */
  | 'retry-after'
  /** Asks for a new token, once, and connects again. */
  | 'new-token'
  /** Does not connect again. */
  | 'stop';

interface CloseCodeEntry {
  readonly code: number;
  readonly meaning: string;
  readonly reaction: CloseReaction;
}

/** The close codes (PROTOCOL.md, "Close codes"). Any other code is a cut. */
export const CLOSE_CODES = {
  DONE: { code: 1000, meaning: 'the client has left', reaction: 'stop' },
  LEAVING: { code: 1001, meaning: 'the peer goes away', reaction: 'retry' },
  POLICY: { code: 1008, meaning: 'a message in too many pieces', reaction: 'retry' },
  TOO_BIG: { code: 1009, meaning: 'a message over the limit', reaction: 'stop' },
  PROTOCOL: { code: 4400, meaning: 'the protocol was broken', reaction: 'stop' },
  TOKEN: { code: 4401, meaning: 'the token is missing, wrong or old', reaction: 'new-token' },
  REFUSED: { code: 4403, meaning: 'not served', reaction: 'stop' },
  VERSION: { code: 4406, meaning: 'no version is spoken by both', reaction: 'stop' },
  HELLO_LATE: { code: 4408, meaning: 'no hello in time', reaction: 'retry' },
  REPLACED: { code: 4409, meaning: 'a newer connection of the session', reaction: 'stop' },
  SESSION_GONE: { code: 4410, meaning: 'the session has ended', reaction: 'retry' },
  PAUSED: { code: 4412, meaning: 'the client rests and comes back', reaction: 'retry' },
  TOO_MUCH: { code: 4429, meaning: 'too much in too short a time', reaction: 'retry-after' },
  DRAINING: { code: 4503, meaning: 'the server stops', reaction: 'retry-after' },
  SLOW: { code: 4508, meaning: 'the reader is too slow', reaction: 'retry' },
} as const satisfies Record<string, CloseCodeEntry>;

/** Name of a close code. */
export type CloseCode = keyof typeof CLOSE_CODES;

const BY_NUMBER = new Map<number, CloseCode>(
  (Object.keys(CLOSE_CODES) as CloseCode[]).map((name) => [CLOSE_CODES[name].code, name]),
);

/** Finds the name of a close code; `undefined` for a code that is not in the table: a cut. */
export function closeCodeOf(code: number): CloseCode | undefined {
  return BY_NUMBER.get(code);
}

/** Tells what a client does after a close with this code. */
export function reactionTo(code: number): CloseReaction {
  const name = closeCodeOf(code);
  return name === undefined ? 'retry' : CLOSE_CODES[name].reaction;
}

/** How a connection ends, as the side that ends it says it. Reasons come from fixed lists. */
export interface Close {
  readonly code: CloseCode;
  /** ASCII, at most 123 bytes, never application data. */
  readonly reason: string;
}
