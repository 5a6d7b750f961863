import type { Executed, GapReason, GoneMessage, JoinState } from '@trunkline/protocol';
import type { Leak } from '../leak-watch.js';

/** A connection that an observer is told of: it is the same object at its opening and its end. */
export interface ObservedConnection {
  /** Counts the connections of this server. */
  readonly number: number;
  /** The peer's address, or the one that a trusted proxy names. */
  readonly remoteAddress: string;
  /** The origin of the page, when a page connected. */
  readonly origin: string | undefined;
}

/** An upgrade that was refused. */
export interface ConnectionRefused {
  /** Status of the HTTP answer; of one that was told by a close right after the upgrade, 101. */
  readonly status: number;
  /** WebSocket close code, where it was told by a close. */
  readonly code: number | undefined;
  /** One of a fixed list of texts; it holds nothing that the peer sent. */
  readonly reason: string;
  readonly remoteAddress: string;
}

/** A connection that has ended. Its session may outlive it. */
export interface ConnectionClosed {
  readonly connection: ObservedConnection;
  /** Id of its session; `undefined` where it never had one. */
  readonly session: string | undefined;
  /** WebSocket close code, 1006 for a cut. */
  readonly code: number;
  /**
   * From the server one of a fixed list of texts; with 4503 the milliseconds after which the client
   * comes back. From the peer any text.
   */
  readonly reason: string;
  /** Who has ended it. */
  readonly by: 'server' | 'peer';
  /** How long it was open. */
  readonly ms: number;
}

/** Who a client is was decided on: `authenticate`, the server's guards, sessions per principal. */
export interface AuthDecided {
  /** What asked for it: a new session, one that goes on, or a new token within a connection. */
  readonly for: 'hello' | 'resume' | 'refresh';
  /** `left` when the client did not wait. */
  readonly outcome: 'accepted' | 'refused' | 'left';
  /** Close code that a client was refused with, such as 4401 for another token and 4403 for good. */
  readonly code: number | undefined;
  /** Why it was refused, one of a fixed list of texts. */
  readonly reason: string | undefined;
  /** Id of who is signed in; `undefined` for nobody, and for who was refused. */
  readonly principal: string | undefined;
  /** How long it took. */
  readonly ms: number;
}

/** A session that has begun. */
export interface ObservedSession {
  /** Id of the session; not a secret. */
  readonly session: string;
  /** Id of who is signed in; `undefined` for an anonymous client. */
  readonly principal: string | undefined;
}

/** A session that goes on over another connection. */
export interface SessionResumed extends ObservedSession {
  /** How long it had no connection; 0 for one that left another connection. */
  readonly detachedMs: number;
}

/** A client that came for a session which it does not get. */
export interface SessionGone {
  readonly reason: GoneMessage['reason'];
}

/** A session that has lost its connection, and waits for its client. */
export interface SessionDetached extends ObservedSession {
  /** WebSocket close code of the connection, 1006 for a cut. */
  readonly code: number;
}

/** A session that has ended. */
export interface SessionEnded extends ObservedSession {
  /** As GONE would say it; `left` for one that its client left, or that never was to be resumed. */
  readonly reason: Exclude<GoneMessage['reason'], 'unknown'> | 'left';
  /** WebSocket close code of its last connection, 1006 for a cut. */
  readonly code: number;
  /** How long it has lived. */
  readonly ms: number;
}

/** A call, stream or publish of a client: the same object from its start to its end. */
export interface ObservedCall {
  /** Id of the session. */
  readonly session: string;
  /** `contract.member`, or `(unknown)` where the server has no such thing. */
  readonly procedure: string;
  readonly kind: 'call' | 'stream' | 'publish';
}

/** A call, stream or publish that was answered, or whose session has ended. */
export interface CallEnded {
  readonly call: ObservedCall;
  /** `OK`, or the code of the error that its caller got. */
  readonly code: string;
  /** Whether the handler ran, as the caller was told. */
  readonly executed: Executed;
  /** From its arrival to its answer. */
  readonly ms: number;
  /** From the start of the handler to the answer; `undefined` where none was started for it. */
  readonly handlerMs: number | undefined;
  /** Bytes of the payloads of the input and the items that the caller has sent. */
  readonly bytesIn: number;
  /** Bytes of the payloads of the items and the output for the caller. */
  readonly bytesOut: number;
  readonly itemsIn: number;
  readonly itemsOut: number;
  /**
   * For a call with an idempotency key: its own run, one that was going on, or one whose outcome was
   * kept. `undefined` without a key, and where it was refused.
   */
  readonly idempotency: 'ran' | 'joined' | 'kept' | undefined;
}

/** A subscription that has begun, or goes on after the topic has moved. */
export interface Subscribed {
  /** Id of the session. */
  readonly session: string;
  /** `contract.topic`. */
  readonly topic: string;
  readonly state: JoinState;
  /** How many messages follow at once: those that were kept, or that were missed and recovered. */
  readonly behind: number;
}

/** A subscription that has ended, or was refused. */
export interface SubscriptionEnded {
  /** Id of the session. */
  readonly session: string;
  /** `contract.topic`, or `(unknown)` where the server has no such topic. */
  readonly topic: string;
  /** `unsubscribed`, `detached` by the end of the connection, or the code of the error. */
  readonly reason: string;
}

/** Messages that a subscriber was told it will not get. */
export interface GapTold {
  /** Id of the session. */
  readonly session: string;
  /** `contract.topic`. */
  readonly topic: string;
  readonly reason: GapReason;
  /** How many offsets it spans; `undefined` where nobody can know. */
  readonly messages: number | undefined;
}

/** A message that was given to the broker, and what came of it. */
export interface PublishEnded {
  /** `contract.topic`. */
  readonly topic: string;
  /** Who has published: a client, or the server's own code. */
  readonly by: 'client' | 'server';
  /** Bytes of the encoded message. */
  readonly bytes: number;
  /** Whether the broker has taken it. */
  readonly ok: boolean;
  /** How long the broker took. */
  readonly ms: number;
}

/** A message that has come from the broker and goes out to who is subscribed on this node. */
export interface MessageDelivered {
  /** `contract.topic`. */
  readonly topic: string;
  /** Bytes of the encoded message, which is written once for all. */
  readonly bytes: number;
  /** Subscribers on this node; who is behind gets it later. */
  readonly subscribers: number;
}

/** A call of the server to a client that has come to its end. */
export interface ClientCallEnded {
  /** Id of the session. */
  readonly session: string;
  /** `contract.member`. */
  readonly procedure: string;
  /** `OK`, or the code of the error; `other` where its contract declares no such error. */
  readonly code: string;
  readonly ms: number;
}

/** Somebody has met a limit. */
export interface LimitHit {
  /** Name of the limit, as `server.limits.list()` has it. */
  readonly limit: string;
  /** What followed: an error code, `close 4429`, `HTTP 503`, or what the list of limits says. */
  readonly reaction: string;
  /** Id of the session; `undefined` for who has none. */
  readonly session: string | undefined;
}

/** The server has begun to drain. */
export interface DrainStarted {
  readonly windowMs: number;
  /** Sessions that have to go. */
  readonly sessions: number;
}

/** The server is drained. */
export interface DrainEnded {
  readonly ms: number;
  /** Sessions that ended before the end: their clients had moved, or nothing of theirs ran. */
  readonly moved: number;
  /** Handlers that were waited for and were done in time. */
  readonly finished: number;
  /** Calls and streams that still ran at the end: their callers know that they may have run. */
  readonly unknown: number;
  /** Accepted calls that had not begun at the end: their callers know that they did not run. */
  readonly refused: number;
}

/** Work that goes on after its end; told where the option `leaks` is set. */
export type Leaked = Leak;
