import type {
  Link,
  MessageCodec,
  ReceivedMessage,
  Runtime,
  SessionLimits,
  Violation,
} from '@trunkline/protocol';
import type { ServedCall } from './client-handler.js';
import type { ErrorHook } from './error-hook.js';
import type { SuperjsonLoader } from './superjson.js';

/** What answers need of the session's link. */
export type AnswerWire = Pick<Link, 'send' | 'abandon' | 'heardAt'>;

/** What holds on one connection. */
export type AnswerTerms = Pick<SessionLimits, 'valueInBytes'> & {
  /** Whether payloads may be packed. */
  readonly takesPacked: boolean;
};

/** What the calls of the server are answered with. */
export interface ServingOptions {
  /** By their names on the wire. */
  readonly served: ReadonlyMap<string, ServedCall>;
  readonly runtime: Runtime;
  readonly superjson: SuperjsonLoader;
  readonly onError: ErrorHook;
}

/** Answers the calls of a server. */
export interface Answering {
  /** The messages of a client that answers calls. */
  readonly codec: MessageCodec;
  /** Handlers that run. */
  readonly running: number;
  /** A session has begun. */
  attach(wire: AnswerWire, terms: AnswerTerms): void;
  /** Takes what a server sends for a call of its own; `false` for what is none of it. */
  receive(message: ReceivedMessage): Violation | boolean;
  /** The session has ended. */
  stop(reason: string): void;
}

/** The code that answers calls, loaded by clients that have handlers. */
export class Serving {
  readonly #options: ServingOptions;
  #code: Answering | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** The code; `undefined` as long as it is not loaded. */
  get code(): Answering | undefined {
    return this.#code;
  }

  /** Resolves when the code is there; fails as its import does, and tries again the next time. */
  load(): Promise<void> {
    return (this.#loading ??= import('./served-calls.js').then(
      ({ ServedCalls }) => {
        this.#code = new ServedCalls(this.#options);
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    ));
  }
}
