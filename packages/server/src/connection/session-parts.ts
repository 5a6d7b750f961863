import type { ByteBudget, Closed, SessionLimits } from '@trunkline/protocol';
import type { CallRates } from '../calls/call-rates.js';
import type { Dispatcher } from '../calls/dispatcher.js';
import type { ExpiryWatch } from './expiry-watch.js';
import type { Gatekeeper } from '../guards/gatekeeper.js';
import type { LeakWatch } from '../leak-watch.js';
import type { Observation } from '../observe/observation.js';
import type { ContextSource, MakeScope } from '../request-context.js';
import type { Session } from '../session.js';
import type { KnownSession, Sessions } from '../sessions.js';
import type { TopicServices } from './subscriptions.js';
import type { PublishDispatcher } from '../calls/publish-dispatcher.js';
import type { GuardedTracer } from '../tracing/guarded-tracer.js';
import type { WaitingOutboxes } from './waiting-outboxes.js';

/** What all sessions of a server share. */
export interface SessionServices extends TopicServices {
  readonly dispatcher: Dispatcher;
  readonly publishes: PublishDispatcher;
  readonly makeScope: MakeScope | undefined;
  readonly gatekeeper: Gatekeeper;
  readonly expiries: ExpiryWatch;
  readonly leaks: LeakWatch | undefined;
  /** `undefined` where no call has a rate. */
  readonly rates: CallRates | undefined;
  /** What all sessions may hold of inputs that are not complete. */
  readonly assembly: ByteBudget;
  /** What waits for connections that do not take it, of all sessions. */
  readonly outboxes: WaitingOutboxes;
  /** The largest input of all procedures; each has its own limit besides. */
  readonly valueBytes: number;
  /** All of this server. */
  readonly sessions: Sessions<KnownSession>;
  /** A session has ended, and how its last connection did. */
  readonly sessionEnded: (session: Session, closed: Closed) => void;
  /** `undefined` where nobody observes. */
  readonly observation: Observation | undefined;
  /** `undefined` where nobody traces. */
  readonly tracer: GuardedTracer | undefined;
  /** What WELCOME tells of the limits. */
  readonly sessionLimits: SessionLimits;
}

/** What a session's calls and subscriptions are made from, without a copy for each session. */
export abstract class SessionParts implements ContextSource {
  constructor(
    readonly session: Session,
    protected readonly services: SessionServices,
  ) {}

  get source(): this {
    return this;
  }

  get identity() {
    return this.session.identity;
  }

  get runtime() {
    return this.services.runtime;
  }

  get limits() {
    return this.services.limits;
  }

  get report() {
    return this.services.report;
  }

  get registry() {
    return this.services.registry;
  }

  get hub() {
    return this.services.hub;
  }

  get rechecks() {
    return this.services.rechecks;
  }

  get pipelineOf() {
    return this.services.pipelineOf;
  }

  get dispatcher() {
    return this.services.dispatcher;
  }

  get publishes() {
    return this.services.publishes;
  }

  get makeScope() {
    return this.services.makeScope;
  }

  get rates() {
    return this.services.rates;
  }

  get observation() {
    return this.services.observation;
  }

  get tracer() {
    return this.services.tracer;
  }

  get leaks() {
    return this.services.leaks;
  }
}
