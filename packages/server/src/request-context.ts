import {
  readTraceContext,
  TrunklineError,
  type CallMessage,
  type Runtime,
  type TraceContext,
} from '@trunkline/protocol';
import type { Scope, User } from './routes/app.js';
import type {
  AnyContext,
  BaseContext,
  ConnectContext,
  SessionInfo,
  StreamContext,
  TopicContext,
} from './routes/context.js';
import { ownError } from './failure.js';
import type { LeakWatch } from './leak-watch.js';
import type { CallWatch } from './observe/call-watch.js';
import { hasExpired, type Identity } from './session.js';

/** Makes what the application wants once per context. */
export type MakeScope = (context: BaseContext) => Scope;

/** What all contexts of one session are made from. */
export interface ContextSource {
  readonly session: SessionInfo;
  readonly identity: Identity | undefined;
  readonly runtime: Runtime;
  readonly makeScope: MakeScope | undefined;
  /** Where what goes on after its end is reported; nowhere if it is left out. */
  readonly leaks?: LeakWatch | undefined;
  /** The call that is being started, where somebody observes. */
  readonly starting?: CallWatch | undefined;
}

class SessionContext implements BaseContext {
  readonly session: SessionInfo;
  readonly principal: string | undefined;
  readonly user: User;
  readonly #makeScope: MakeScope | undefined;
  #scope: unknown;
  #hasScope = false;

  constructor(source: ContextSource) {
    this.session = source.session;
    this.principal = source.identity?.principal;
    this.user = source.identity?.user as User;
    this.#makeScope = source.makeScope;
  }

  get scope(): Scope {
    if (!this.#hasScope) {
      this.#scope = this.#makeScope?.(this);
      this.#hasScope = true;
    }
    return this.#scope as Scope;
  }
}

/** Context of a connection or topic event. */
export class EventContext extends SessionContext {
  trace: TraceContext | undefined;

  constructor(
    source: ContextSource,
    readonly kind: ConnectContext['kind'] | TopicContext['kind'],
    readonly topic: string,
  ) {
    super(source);
  }
}

/** Context of one call or stream. What costs something is made when it is first asked for. */
export class RequestContext extends SessionContext {
  /** Whether the handler was started: decides what a failure says about it. */
  isStarted = false;
  /** Whether a failure was answered: what starts later would make a lie of it. */
  isSettled = false;
  /** Whether the handler goes on whatever becomes of its caller: others may wait for it. */
  isDetached = false;
  deadlineAt: number | undefined;
  /** What its caller sent of a trace, if it is well-formed. */
  trace: TraceContext | undefined;
  /** Told that the signal has fired. */
  ended: ((reason: TrunklineError) => void) | undefined;
  items: AsyncIterable<unknown> = NO_ITEMS;
  /** What observers are told of it; `undefined` where there is none. */
  readonly watch: CallWatch | undefined;
  readonly #source: ContextSource;
  #unwatch: (() => void) | undefined;
  #controller: AbortController | undefined;
  #abortReason: TrunklineError | undefined;

  constructor(
    source: ContextSource,
    readonly kind: 'call' | 'stream',
    readonly procedure: string,
  ) {
    super(source);
    this.#source = source;
    this.watch = source.starting;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get remainingMs(): number | undefined {
    if (this.deadlineAt === undefined) return undefined;
    return Math.max(0, this.deadlineAt - this.#source.runtime.now());
  }

  get isAborted(): boolean {
    return this.#abortReason !== undefined;
  }

  takeTrace(message: CallMessage): void {
    if (message.traceParent !== undefined) this.trace = readTraceContext(message);
  }

  /** Throws once nobody may be told any more that the handler ran: call it before it starts. */
  assertOpen(): void {
    if (this.isAborted || this.isSettled) throw ENDED;
    // The session may have lost its rights while this one waited for its guards.
    if (hasExpired(this.#source.identity, this.#source.runtime)) throw EXPIRED;
  }

  error(code: string, data: unknown, message = code): TrunklineError {
    return new TrunklineError(code, message, { data });
  }

  /** Why the signal has fired. */
  get abortReason(): TrunklineError | undefined {
    return this.#abortReason;
  }

  /** The caller is answered or gone. Ends what runs for it, unless it is detached. */
  abort(reason: TrunklineError): void {
    if (!this.isDetached) this.end(reason);
  }

  /** Fires the signal, or makes it fired for whoever asks later. */
  end(reason: TrunklineError): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
    this.ended?.(reason);
    const { procedure, kind, isStarted } = this;
    const part = isStarted ? 'handler' : 'guards';
    this.#unwatch = this.#source.leaks?.watch({ procedure, kind, part }, reason);
  }

  /** All that ran for it has ended. */
  done(): void {
    this.#unwatch?.();
  }
}

const ENDED = ownError('CANCELLED', 'ended before', { executed: 'no' });
const EXPIRED = ownError('UNAUTHENTICATED', 'the authentication has ended', { executed: 'no' });

const NO_ITEMS: AsyncIterable<unknown> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** A request's context as the handlers of the application see it. */
export function asStreamContext(context: RequestContext): StreamContext {
  return context as unknown as StreamContext;
}

/** A context as guards, interceptors and error mappers see it. */
export function asAnyContext(context: RequestContext | EventContext): AnyContext {
  return context as unknown as AnyContext;
}

/** The context of a topic event as authorizers see it. */
export function asTopicContext(context: EventContext): TopicContext {
  return context as unknown as TopicContext;
}
