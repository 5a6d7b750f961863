import { Violation, type Close, type ViolationName } from '@trunkline/protocol';

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
  return close.code === 'SLOW' ? 'outboxBytes' : undefined;
}
