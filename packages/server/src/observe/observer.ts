import type {
  AuthDecided,
  CallEnded,
  ClientCallEnded,
  ConnectionClosed,
  ConnectionRefused,
  DrainEnded,
  DrainStarted,
  GapTold,
  Leaked,
  LimitHit,
  MessageDelivered,
  ObservedCall,
  ObservedConnection,
  ObservedSession,
  PublishEnded,
  SessionDetached,
  SessionEnded,
  SessionGone,
  SessionResumed,
  Subscribed,
  SubscriptionEnded,
} from './observed-events.js';

/**
 * What is told of what a server does: any of these methods, each with one plain object. They are
 * called in the middle of the work, so they must be quick and return nothing that is waited for. One
 * that throws harms nobody; `onError` is told once of each. Payloads, tokens and keys are never told.
 */
export interface Observer {
  /** An upgrade was refused. */
  connectionRefused?(event: ConnectionRefused): void;
  /** A connection is open; nobody is known on it yet. */
  connectionOpened?(connection: ObservedConnection): void;
  connectionClosed?(event: ConnectionClosed): void;
  /** A client was let in or refused. */
  authDecided?(event: AuthDecided): void;
  sessionOpened?(session: ObservedSession): void;
  sessionResumed?(event: SessionResumed): void;
  /** A client wanted to go on with a session and cannot. */
  sessionGone?(event: SessionGone): void;
  sessionDetached?(event: SessionDetached): void;
  sessionEnded?(event: SessionEnded): void;
  /** A call, stream or publish has come. Each is told of its end with the same object. */
  callStarted?(call: ObservedCall): void;
  /** It was answered, refused, or its session has ended. */
  callEnded?(event: CallEnded): void;
  subscribed?(event: Subscribed): void;
  subscriptionEnded?(event: SubscriptionEnded): void;
  gapTold?(event: GapTold): void;
  /** A broker has taken or refused a message. */
  publishEnded?(event: PublishEnded): void;
  /** A message goes out to the subscribers of this node. */
  messageDelivered?(event: MessageDelivered): void;
  clientCallEnded?(event: ClientCallEnded): void;
  limitHit?(event: LimitHit): void;
  drainStarted?(event: DrainStarted): void;
  drainEnded?(event: DrainEnded): void;
  /** A handler goes on after its end; told where the option `leaks` is set. */
  leaked?(event: Leaked): void;
}

/** What an observer is told by one of its methods: `Observed<'callEnded'>`. */
export type Observed<Name extends keyof Observer> = Parameters<Required<Observer>[Name]>[0];
