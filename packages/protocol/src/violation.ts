import type { Close, CloseCode } from './close-code.js';

/** Every way to break the protocol, with its close code and the reason that the peer is told. */
export const VIOLATIONS = {
  TEXT_MESSAGE: ['PROTOCOL', 'text message'],
  BATCH_TOO_BIG: ['TOO_BIG', 'batch too big'],
  HELLO_TOO_BIG: ['TOO_BIG', 'hello too big'],
  TRUNCATED: ['PROTOCOL', 'truncated'],
  TRAILING: ['PROTOCOL', 'trailing bytes'],
  BAD_HEAD: ['PROTOCOL', 'bad batch head'],
  EMPTY_BATCH: ['PROTOCOL', 'empty batch without ack'],
  BAD_SEQ: ['PROTOCOL', 'bad sequence number'],
  BAD_ACK: ['PROTOCOL', 'bad acknowledgement'],
  BAD_VARINT: ['PROTOCOL', 'bad varint'],
  BAD_TEXT: ['PROTOCOL', 'bad text'],
  BAD_FIELD: ['PROTOCOL', 'field out of range'],
  BAD_FLAGS: ['PROTOCOL', 'bad flags'],
  BAD_EXT: ['PROTOCOL', 'bad extension'],
  UNKNOWN_KIND: ['PROTOCOL', 'unknown mandatory message'],
  NOT_OFFERED: ['PROTOCOL', 'message not offered'],
  WRONG_DIRECTION: ['PROTOCOL', 'message in the wrong direction'],
  HELLO_FIRST: ['PROTOCOL', 'hello must come first and alone'],
  SECOND_HELLO: ['PROTOCOL', 'second hello'],
  TOO_EARLY: ['PROTOCOL', 'too much or wrong message before welcome'],
  HELLO_LATE: ['HELLO_LATE', 'no hello in time'],
  BAD_PROCEDURE: ['PROTOCOL', 'procedure not bound'],
  BAD_BIND: ['PROTOCOL', 'bad bind'],
  TOO_MANY_BOUND: ['TOO_MUCH', '1000'],
  BAD_CALL_ID: ['PROTOCOL', 'call id taken or of the wrong side'],
  BAD_SUB: ['PROTOCOL', 'subscription number out of order'],
  NO_CREDIT: ['PROTOCOL', 'item without credit'],
  BAD_ITEM: ['PROTOCOL', 'item not expected'],
  BAD_CHUNK: ['PROTOCOL', 'bad chunk'],
  BAD_OFFSET: ['PROTOCOL', 'offset out of order'],
  TOO_MANY_CANCELS: ['TOO_MUCH', '5000'],
  TOO_MANY_SUBSCRIBES: ['TOO_MUCH', '5000'],
  TOO_MANY_AUTHS: ['TOO_MUCH', '5000'],
  TOO_MANY_CONTROL_FRAMES: ['TOO_MUCH', '5000'],
} as const satisfies Record<string, readonly [CloseCode, string]>;

/** Name of a way to break the protocol. */
export type ViolationName = keyof typeof VIOLATIONS;

/** The finding that the peer broke the protocol: the connection must close as it says. */
export class Violation implements Close {
  readonly code: CloseCode;
  readonly reason: string;

  constructor(readonly name: ViolationName) {
    [this.code, this.reason] = VIOLATIONS[name];
  }
}
