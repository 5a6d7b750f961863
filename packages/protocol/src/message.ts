/** Every message of the wire as a type; PROTOCOL.md has a heading of the same name for each. */

import type { Payload } from './encoding.js';
import type { ExtFields } from './ext.js';

export { ENCODING, type Encoding, type Payload } from './encoding.js';

const OPTIONAL = 0x80;
const SEQUENCED = 0x40;

/** The kind byte of each message. */
export const KINDS = {
  HELLO: 0x01,
  WELCOME: 0x02,
  RESUME: 0x03,
  RESUMED: 0x04,
  GONE: 0x05,
  GOAWAY: 0x06,
  PING: 0x07,
  PONG: 0x08,
  AUTH: 0x09,
  AUTHED: 0x0a,
  CREDIT: 0x20,
  SUBSCRIBE: 0x21,
  SUBSCRIBED: 0x22,
  UNSUBSCRIBE: 0x23,
  MESSAGE: 0x24,
  GAP: 0x25,
  ENDED: 0x26,
  STALE: 0x27,
  BIND: 0x10 | SEQUENCED,
  CALL: 0x11 | SEQUENCED,
  RESULT: 0x12 | SEQUENCED,
  ERROR: 0x13 | SEQUENCED,
  CANCEL: 0x14 | SEQUENCED,
  ITEM: 0x15 | SEQUENCED,
  END: 0x16 | SEQUENCED,
  CHUNK: 0x17 | SEQUENCED,
  VOID: 0x18 | SEQUENCED,
} as const;

/** Name of a message that this version knows. */
export type Kind = keyof typeof KINDS;

/** Tells whether a kind byte says that a receiver may skip the message. */
export function isOptional(kind: number): boolean {
  return (kind & OPTIONAL) !== 0;
}

/** Tells whether a kind byte says that the message takes a number. */
export function isSequenced(kind: number): boolean {
  return (kind & SEQUENCED) !== 0;
}

/** Feature bits of HELLO and WELCOME: what the peer that sets them can take. */
export const FEATURES = { RESUME: 1, CHUNK: 2, AUTH: 4, GOAWAY: 8, CALLS: 16, PARTS: 32 } as const;

/** A contract and its revision, 16 hexadecimal digits. */
export interface Revision {
  readonly name: string;
  readonly revision: string;
}

/** Limits that a server tells its clients, by tag, with what holds when it does not. */
export const SESSION_LIMITS = {
  callsInFlight: { tag: 1, absent: 256 },
  valueInBytes: { tag: 2, absent: 1_048_576 },
  streams: { tag: 3, absent: 32 },
  subscriptions: { tag: 4, absent: 1_024 },
  upCreditItems: { tag: 5, absent: 16 },
  upCreditBytes: { tag: 6, absent: 16_384 },
  boundProcedures: { tag: 7, absent: 4_096 },
} as const;
/** The limits of one session: what the server told, and the defaults of what it did not tell. */
export type SessionLimits = { readonly [Name in keyof typeof SESSION_LIMITS]: number };

/** Client to server: opens a session, with the features and contract revisions of the client. */
export interface HelloMessage extends Pick<ExtFields, 'idleMs'> {
  readonly kind: 'HELLO';
  readonly features: number;
  readonly agent: string;
  readonly token: string;
  readonly revisions: readonly Revision[];
}
/** Server to client: answers HELLO with the session and the limits that hold in it. */
export interface WelcomeMessage {
  readonly kind: 'WELCOME';
  readonly features: number;
  readonly session: string;
  /** 32 bytes, or none when sessions are not resumed. */
  readonly secret: Uint8Array;
  readonly ttlMs: number;
  readonly expiresInMs: number;
  readonly idleMs: number;
  readonly limits: SessionLimits;
  readonly revisions: readonly Revision[];
}
/** Client to server: takes up a session on a new connection, from the positions that it names. */
export interface ResumeMessage extends Pick<ExtFields, 'idleMs'> {
  readonly kind: 'RESUME';
  readonly features: number;
  readonly token: string;
  readonly session: string;
  readonly attach: number;
  readonly secret: Uint8Array;
  readonly rx: number;
  readonly first: number;
  readonly revisions: readonly Revision[];
}
/** Server to client: answers RESUME; the session goes on from `rx`. */
export interface ResumedMessage {
  readonly kind: 'RESUMED';
  readonly features: number;
  readonly rx: number;
  readonly ttlMs: number;
  readonly expiresInMs: number;
  readonly idleMs: number;
  readonly limits: SessionLimits;
  readonly revisions: readonly Revision[];
}
/** Reasons of GONE, in the order of their numbers. */
export const GONE_REASONS = [
  'unknown',
  'expired',
  'overflow',
  'principal',
  'node',
  'drained',
  'codec',
  'revoked',
] as const;
/** Server to client: answers RESUME; the session is over, for the reason given. */
export interface GoneMessage {
  readonly kind: 'GONE';
  readonly reason: (typeof GONE_REASONS)[number];
  /** The final position of the session, when it is known. */
  readonly rx: number | undefined;
}
/** Reasons of GOAWAY, in the order of their numbers. */
export const GOAWAY_REASONS = ['stopping', 'old', 'spread'] as const;
/** Server to client: connect anew after `afterMs`; this connection lives `windowMs` at most. */
export interface GoawayMessage {
  readonly kind: 'GOAWAY';
  readonly reason: (typeof GOAWAY_REASONS)[number];
  readonly afterMs: number;
  readonly windowMs: number;
}
/** Both ways: asks for a PONG with the same value, at once. */
export interface PingMessage {
  readonly kind: 'PING';
  readonly value: number;
}
/** Both ways: answers PING, with its value. */
export interface PongMessage {
  readonly kind: 'PONG';
  readonly value: number;
}
/** Client to server: a new token for the session that runs. */
export interface AuthMessage {
  readonly kind: 'AUTH';
  readonly token: string;
}
/** Server to client: answers AUTH; tells how long the new token holds. */
export interface AuthedMessage {
  readonly kind: 'AUTHED';
  readonly expiresInMs: number;
}

/** Kinds of BIND, in the order of their numbers. */
export const PROCEDURE_KINDS = ['call', 'stream', 'publish'] as const;
/** What a bound procedure is: a call, a stream, or the publishing to a topic. */
export type ProcedureKind = (typeof PROCEDURE_KINDS)[number];
/** From the caller: gives a procedure the number by which CALL names it. */
export interface BindMessage {
  readonly kind: 'BIND';
  readonly procedure: number;
  readonly procedureKind: ProcedureKind;
  readonly name: string;
  readonly sendHash: string;
  readonly receiveHash: string;
}
/** From the caller: starts a call, a stream or a publish; the payload is its input. */
export interface CallMessage extends Payload, ExtFields {
  readonly kind: 'CALL';
  readonly id: number;
  readonly procedure: number;
  /** What remains until the deadline; the link writes it anew from `deadlineAt`. */
  deadlineMs?: number;
  /** The caller's deadline on its own clock. Not on the wire. */
  readonly deadlineAt?: number;
}
/** From the callee: ends a call or a publish with its output. */
export interface ResultMessage extends Payload, ExtFields {
  readonly kind: 'RESULT';
  readonly id: number;
}
/** Values of `executed`, in the order of their numbers. */
export const EXECUTED = ['no', 'unknown', 'yes'] as const;
/** From the callee: ends a call, stream or publish with an error instead of its output. */
export interface ErrorMessage extends Payload, ExtFields {
  readonly kind: 'ERROR';
  readonly id: number;
  readonly executed: (typeof EXECUTED)[number];
  readonly code: string;
  readonly message: string;
}
/** Reasons of CANCEL, in the order of their numbers. */
export const CANCEL_REASONS = ['withdrawn', 'deadline', 'stopped', 'failed'] as const;
/** From the caller or a stream's consumer: asks that the work of an id stop. */
export interface CancelMessage {
  readonly kind: 'CANCEL';
  readonly id: number;
  readonly reason: (typeof CANCEL_REASONS)[number];
}
/** From a stream's producer: one item, paid for with credit. */
export interface ItemMessage extends Payload, ExtFields {
  readonly kind: 'ITEM';
  readonly id: number;
}
/** From a stream's producer: no more items; from the callee it carries the output. */
export interface EndMessage extends Payload, ExtFields {
  readonly kind: 'END';
  readonly id: number;
}
/** From a stream's consumer: the items and bytes it takes in all, counted from the start. */
export interface CreditMessage {
  readonly kind: 'CREDIT';
  readonly id: number;
  readonly items: number;
  readonly bytes: number;
}
/** Both ways: a piece of a value that is too large for one batch. */
export interface ChunkMessage {
  readonly kind: 'CHUNK';
  readonly transfer: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isAbort: boolean;
  /** Bytes of the whole, with the first piece. */
  readonly size: number;
  readonly bytes: Uint8Array;
}
/** Both ways: means nothing, and keeps the number of a message that was withdrawn. */
export interface VoidMessage {
  readonly kind: 'VOID';
}

/** A place in a topic: an epoch, 16 hexadecimal digits, and an offset within it. */
export interface Cursor {
  readonly epoch: string;
  readonly offset: number;
}
/** Client to server: joins a topic, from a cursor or with the last messages on request. */
export interface SubscribeMessage {
  readonly kind: 'SUBSCRIBE';
  readonly sub: number;
  readonly name: string;
  readonly params: Payload;
  readonly payloadHash: string;
  readonly cursor: Cursor | undefined;
  readonly last: number | undefined;
}
/** States of SUBSCRIBED, in the order of their numbers. */
export const JOIN_STATES = ['fresh', 'recovered', 'gap'] as const;
/** How a subscription starts: afresh, with nothing missed, or with a gap. */
export type JoinState = (typeof JOIN_STATES)[number];
/** Server to client: answers SUBSCRIBE with the topic's number and where it starts. */
export interface SubscribedMessage extends Cursor {
  readonly kind: 'SUBSCRIBED';
  readonly sub: number;
  readonly topic: number;
  readonly state: JoinState;
  readonly top: number;
}
/** Client to server: leaves a topic; nothing answers it. */
export interface UnsubscribeMessage {
  readonly kind: 'UNSUBSCRIBE';
  readonly sub: number;
}
/** Server to client: MESSAGE, one message of a topic; the bytes are the same for everyone. */
export interface TopicMessage extends Payload, ExtFields {
  readonly kind: 'MESSAGE';
  readonly topic: number;
  readonly offset: number;
  readonly skipped: number;
}
/** Reasons of GAP, in the order of their numbers. */
export const GAP_REASONS = ['overflow', 'expired', 'epoch', 'slow', 'limit', 'layout'] as const;
/** Why topic messages are missing. */
export type GapReason = (typeof GAP_REASONS)[number];
/** Server to client: messages of a topic that a subscription will not get. */
export interface GapMessage {
  readonly kind: 'GAP';
  readonly sub: number;
  readonly epoch: string;
  readonly from: number;
  /** The last missing offset, or `undefined` when it cannot be known. */
  readonly to: number | undefined;
  readonly reason: GapReason;
}
/** Server to client: ends a subscription with an error. */
export interface EndedMessage extends ExtFields {
  readonly kind: 'ENDED';
  readonly sub: number;
  readonly code: string;
  readonly message: string;
}
/** Reasons of STALE, in the order of their numbers. */
export const STALE_REASONS = ['unreachable', 'checking'] as const;
/** Server to client: no word can be given for a subscription until SUBSCRIBED comes again. */
export interface StaleMessage {
  readonly kind: 'STALE';
  readonly sub: number;
  readonly reason: (typeof STALE_REASONS)[number];
}

/** A message of a kind that this version does not know and may skip. */
export interface SkippedMessage {
  readonly kind: 'SKIPPED';
  readonly sequenced: boolean;
}

/** What became of a message that came in chunks and is not taken. Never on the wire. */
export interface RefusedMessage {
  readonly kind: 'REFUSED';
  /** The message that its chunks would have made. */
  readonly of: Kind;
  readonly id: number;
  /** `CANCELLED` when its sender has aborted it. */
  readonly code: 'TOO_LARGE' | 'BUSY' | 'CANCELLED';
  /** Whether this was decided just now; it is said again when the last chunk has come. */
  readonly isNew: boolean;
  /** Whether its last chunk has come. */
  readonly isOver: boolean;
}

/** Any message that can be written. */
export type Message =
  | HelloMessage
  | WelcomeMessage
  | ResumeMessage
  | ResumedMessage
  | GoneMessage
  | GoawayMessage
  | PingMessage
  | PongMessage
  | AuthMessage
  | AuthedMessage
  | BindMessage
  | CallMessage
  | ResultMessage
  | ErrorMessage
  | CancelMessage
  | ItemMessage
  | EndMessage
  | CreditMessage
  | ChunkMessage
  | VoidMessage
  | SubscribeMessage
  | SubscribedMessage
  | UnsubscribeMessage
  | TopicMessage
  | GapMessage
  | EndedMessage
  | StaleMessage;

/** Any message as it was read. */
export type ReceivedMessage = Message | SkippedMessage | RefusedMessage;
