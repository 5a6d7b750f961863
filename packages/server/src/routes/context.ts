import type { TraceContext, TrunklineError } from '@trunkline/protocol';
import type { Scope, User } from './app.js';

/** How a client reached the server. Header names are lower case. */
export interface ConnectionInfo {
  /** The peer's address, or the one that a trusted proxy names. */
  readonly remoteAddress: string;
  /** The origin of the page, when a page connected. */
  readonly origin: string | undefined;
  /** Request headers; `cookie` only when the server's `cookies` option is set. */
  readonly headers: Readonly<Record<string, string>>;
  /** Path and query of the request. */
  readonly url: string;
}

/** The session of a client. */
export interface SessionInfo {
  /** Public id; not a secret. */
  readonly id: string;
  readonly connection: ConnectionInfo;
}

/** A session that has opened. */
export interface SessionOpened {
  readonly session: SessionInfo;
  /** Id of who is signed in; `undefined` for an anonymous client. */
  readonly principal: string | undefined;
}

/** A session that has ended. */
export interface SessionClosed extends SessionOpened {
  /** WebSocket close code, 1006 for a cut; docs/errors.md lists those of the protocol. */
  readonly code: number;
  /** What who closed it has said; from a client it is any text, so escape it before you print it. */
  readonly reason: string;
}

/** What every context has. */
export interface BaseContext {
  /** Id of who is signed in; `undefined` for an anonymous client. */
  readonly principal: string | undefined;
  /** What `authenticate` gave for the principal. */
  readonly user: User;
  readonly session: SessionInfo;
  /** What the server's `scope` option makes, made when it is first asked for. */
  readonly scope: Scope;
}

/** Context of a new session, for guards and interceptors: it is authenticated and not yet open. */
export interface ConnectContext extends BaseContext {
  readonly kind: 'connect';
}

/** Context of a call. `Errors` has the data of the declared errors by code. */
export interface CallContext<Errors = Readonly<Record<string, unknown>>> extends BaseContext {
  readonly kind: 'call' | 'stream';
  /** `contract.procedure`. */
  readonly procedure: string;
  /**
   * Fires at the deadline, when the caller withdraws and when the session ends. That of an idempotent
   * call fires at its deadline alone: others may wait for what comes of it.
   */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline; `undefined` without one. */
  readonly remainingMs: number | undefined;
  /** What the caller sent of a trace, if it is well-formed; any client can make it up. */
  readonly trace: TraceContext | undefined;
  /** Makes a declared error, to be thrown. */
  error<Code extends keyof Errors & string>(
    code: Code,
    data: Errors[Code],
    message?: string,
  ): TrunklineError<Code, Errors[Code]>;
}

/** Context of a stream: a call with the items that the caller sends. */
export interface StreamContext<
  Up = unknown,
  Errors = Readonly<Record<string, unknown>>,
> extends CallContext<Errors> {
  readonly kind: 'stream';
  /**
   * The caller's items, parsed; may be iterated once. Ends when the caller ends them, and fails when
   * the signal fires: with `STREAM_LOST` and `data.items`, how many were given, when the session ends.
   */
  readonly items: AsyncIterable<Up>;
}

/** Context of subscribing to a topic, and of publishing on it by a client. */
export interface TopicContext extends BaseContext {
  readonly kind: 'subscribe' | 'publish';
  /** `contract.topic`. */
  readonly topic: string;
  /** What a publish brings of a trace, if it is well-formed; `undefined` for a subscription. */
  readonly trace: TraceContext | undefined;
}

/** Any context, as guards, interceptors and error mappers see it. */
export type AnyContext = ConnectContext | CallContext<unknown> | TopicContext;
