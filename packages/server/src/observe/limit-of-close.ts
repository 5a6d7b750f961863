import { Violation, type Close, type Closed, type ViolationName } from '@trunkline/protocol';

/** The limits that end a connection, by what its peer did. */
const LIMITS: { readonly [Name in ViolationName]?: string } = {
  BATCH_TOO_BIG: 'batchBytes',
  HELLO_TOO_BIG: 'helloBytes',
  HELLO_LATE: 'helloMs',
  TOO_MANY_BOUND: 'boundProcedures',
  TOO_MANY_AUTHS: 'authPending',
  TOO_MANY_CANCELS: 'faultRate',
  TOO_MANY_SUBSCRIBES: 'subscribeRate',
  TOO_MANY_CONTROL_FRAMES: 'controlFrames',
};

/** Gives the name of the limit that a close tells of; `undefined` for most. */
export function limitOfClose(close: Close): string | undefined {
  if (close instanceof Violation) return LIMITS[close.name];
  if (close.code === 'POLICY') return 'unfinishedMs';
  return close.code === 'SLOW' ? 'outboxBytes' : undefined;
}

/** Ends that the socket of this side has caused by itself, with the limit that was met. */
const OWN_ENDS = new WeakMap<Closed, string | undefined>();

/** Notes that this side has ended a connection below whoever reads it. */
export function ownEnd(closed: Closed, limit: string | undefined): Closed {
  OWN_ENDS.set(closed, limit);
  return closed;
}

/** Whether a connection was ended below whoever reads it; and the limit that was met. */
export function ownEndOf(closed: Closed): { readonly limit: string | undefined } | undefined {
  return OWN_ENDS.has(closed) ? { limit: OWN_ENDS.get(closed) } : undefined;
}
