import type {
  Link,
  MessageCodec,
  ReceivedMessage,
  Runtime,
  SessionLimits,
  Violation,
} from '@trunkline/protocol';
import type { ServedCall } from './client-handler.js';
import type { ErrorHook } from '../connection/error-hook.js';
import type { SuperjsonLoader } from '../value/superjson.js';

/** What answers need of the session's link. */
export type AnswerWire = Pick<Link, 'send' | 'abandon' | 'heardAt' | 'queuedBytes'>;

/** What holds on one connection. */
export type AnswerTerms = Pick<SessionLimits, 'valueInBytes'> & {
  /** Whether payloads may be packed. */
  readonly takesPacked: boolean;
};

/** What the calls of a server are answered with. */
export interface ServingOptions {
  readonly runtime: Runtime;
  readonly superjson: SuperjsonLoader;
  readonly onError: ErrorHook;
}

/** Answers the calls of a server in one session. */
export interface SessionAnswers {
  /** Handlers whose answers the server waits for. */
  readonly outstanding: number;
  /** The session goes on over another connection. */
  resumed(terms: AnswerTerms): void;
  /** Takes what a server sends for a call of its own; `false` for what is none of it. */
  receive(message: ReceivedMessage): Violation | boolean;
  /** Says, from now on, when no answer is owed any more. */
  leave(idle: () => void): void;
  /** The session has ended. */
  stop(reason: string): void;
}

/** Answers the calls of a server. */
export interface Answering {
  /** The messages of a client that answers calls. */
  readonly codec: MessageCodec;
  /** A session has begun. */
  begin(wire: AnswerWire, terms: AnswerTerms): SessionAnswers;
}

/**
 * Handlers as `serve` makes them. They bring the code that answers with them, which is in a bundle
 * only where `serve` is.
 */
export interface Served {
  /** By names on the wire. */
  readonly calls: ReadonlyMap<string, ServedCall>;
  readonly start: (calls: ReadonlyMap<string, ServedCall>, options: ServingOptions) => Answering;
}

/** Begins to answer calls with all handlers of a client; `undefined` where there are none. */
export function startServing(
  handlers: readonly Served[],
  options: ServingOptions,
): Answering | undefined {
  const calls = new Map(handlers.flatMap((one) => [...one.calls]));
  return handlers[0]?.start(calls, options);
}
