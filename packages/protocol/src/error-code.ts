/**
 * The closed table of framework error codes (PROTOCOL.md, "Error codes"). A contract may declare
 * codes of its own beside them, and may not declare one of these.
 */
export const ERROR_CODES = {
  INVALID_INPUT: 'the input, an item or topic params do not fit their schema',
  UNAUTHENTICATED: 'nobody is signed in, and the procedure asks for it',
  DENIED: 'a guard or an authorizer said no',
  NOT_FOUND: 'the other side has no such procedure or topic',
  TOO_LARGE: 'a value is larger than the limit that holds for it',
  BUSY: 'the session or node is at a limit of work in progress; try again',
  RATE: 'too many in too short a time; try again after the given milliseconds',
  BACKPRESSURE: 'the local outbox or queue is full',
  OVERLOADED: 'the result could not be held for the caller',
  LAYOUT: 'the callee does not know the layout the payload was packed with',
  RESULT_GONE: 'the call is known to have run, and its result is no longer held',
  DEADLINE: 'the deadline passed',
  CANCELLED: 'the caller withdrew',
  IDEMPOTENCY_MISMATCH: 'the idempotency key was used with another input',
  STREAM_LOST: 'the stream could not be carried on',
  STREAM_IDLE: 'no item came for too long though there was credit',
  GAP: 'topic messages are missing; the range and the reason are in the data',
  SESSION_LOST: 'the session ended before the answer came',
  DRAINING: 'the server is about to stop',
  UNAVAILABLE: 'there is no connection, or what is asked for is not offered',
  INTERNAL: 'something failed on the other side; it says no more',
} as const;

/** A code that Trunkline itself answers with. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Tells whether a code is one of Trunkline's own. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
