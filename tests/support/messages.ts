import type { CallMessage, Cursor, Message, ProcedureKind } from '@trunkline/protocol';
import { payloadOf } from './raw-peer.js';

const NO_HASH = '0'.repeat(16);

/** A BIND written by hand. */
export function bind(
  procedure: number,
  name: string,
  procedureKind: ProcedureKind = 'call',
): Message {
  return { kind: 'BIND', procedure, procedureKind, name, sendHash: NO_HASH, receiveHash: NO_HASH };
}

/** A CALL written by hand. */
export function call(id: number, procedure: number, value?: unknown): CallMessage {
  return { kind: 'CALL', id, procedure, ...payloadOf(value) };
}

/** A SUBSCRIBE written by hand. */
export function subscribe(
  sub: number,
  name: string,
  { params, cursor, last }: { params?: unknown; cursor?: Cursor; last?: number } = {},
): Message {
  return {
    kind: 'SUBSCRIBE',
    sub,
    name,
    params: payloadOf(params),
    payloadHash: NO_HASH,
    cursor,
    last,
  };
}
