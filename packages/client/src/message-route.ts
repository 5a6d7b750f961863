import {
  FEATURES,
  Violation,
  type ReceivedMessage,
  type ResumedMessage,
  type SessionLimits,
  type WelcomeMessage,
} from '@trunkline/protocol';
import type { CallTable } from './calls/call-table.js';
import type { Terms } from './calls/call-wire.js';
import type { ConnectionUser } from './connection/connection.js';
import type { Answering, SessionAnswers } from './serving/serving.js';
import type { SessionCalls } from './calls/session-calls.js';
import type { SessionUser, UsedSession } from './connection/session-user.js';
import type { Subscriptions, TopicLink } from './topics/subscriptions.js';
import { MAX_PAYLOAD_BYTES } from './value/value.js';

/** All that uses the sessions of a client. */
export interface Rooms {
  readonly calls: CallTable;
  readonly subscriptions: Subscriptions;
  readonly answering: Answering | undefined;
}

/** Leads what a connection tells to what it is for: calls of either side, and subscriptions. */
export function routeMessages(rooms: Rooms): ConnectionUser {
  const { calls, subscriptions } = rooms;
  return {
    begin: (session, welcome) => new RoutedSession(rooms, session, welcome),
    stop: (code, reason) => {
      subscriptions.stop(code, reason);
      calls.stop(code, reason);
    },
    restart: () => {
      subscriptions.restart();
      calls.restart();
    },
  };
}

/** One session, and what each room has of it. */
class RoutedSession implements SessionUser {
  readonly #rooms: Rooms;
  readonly #session: UsedSession;
  readonly #calls: SessionCalls;
  readonly #answers: SessionAnswers | undefined;
  #topics: TopicLink;
  /** Ends the session, which is left, when nothing of it is outstanding. */
  #lookIdle: (() => void) | undefined;

  constructor(rooms: Rooms, session: UsedSession, welcome: WelcomeMessage) {
    const { link, takesPacked } = session;
    this.#rooms = rooms;
    this.#session = session;
    // Who subscribes and then calls expects to be told what comes of the call.
    this.#topics = rooms.subscriptions.attach(link, takesPacked);
    const terms = this.#terms(welcome);
    this.#answers = rooms.answering?.begin(link, terms);
    this.#calls = rooms.calls.begin(link, terms);
  }

  isBusy(): boolean {
    return this.#calls.takenIds > 0;
  }

  flushed(): void {
    this.#calls.flushed();
    this.#lookIdle?.();
  }

  replayed(): void {
    this.#calls.replayed();
  }

  resumed(welcome: ResumedMessage): void {
    const { link, takesPacked } = this.#session;
    this.#topics = this.#rooms.subscriptions.attach(link, takesPacked);
    const terms = this.#terms(welcome);
    this.#answers?.resumed(terms);
    this.#rooms.calls.resumed(this.#calls, welcome.rx, terms);
  }

  detach(): void {
    this.#rooms.subscriptions.detach(this.#topics);
    this.#calls.detach();
  }

  leave(idle: () => void): void {
    const { link } = this.#session;
    const look = (): void => {
      // What was answered last still has to be written.
      const isWritten = link.queuedMessages === 0;
      if (isWritten && !this.isBusy() && (this.#answers?.outstanding ?? 0) === 0) idle();
    };
    this.#lookIdle = look;
    this.#calls.leave(look);
    this.#answers?.leave(look);
  }

  lost(rx: number | undefined): void {
    this.#lookIdle = undefined;
    this.#rooms.subscriptions.detach(this.#topics);
    this.#answers?.stop('the session has ended');
    this.#rooms.calls.lost(this.#calls, rx);
  }

  receive(message: ReceivedMessage): Violation | undefined {
    const taken = this.#answers?.receive(message) ?? false;
    if (taken !== false) return taken === true ? undefined : taken;
    switch (message.kind) {
      case 'RESULT':
      case 'ERROR':
      case 'ITEM':
      case 'END':
      case 'CREDIT':
      case 'CANCEL':
      case 'REFUSED':
        return this.#calls.receive(message);
      case 'SUBSCRIBED':
      case 'MESSAGE':
      case 'GAP':
      case 'STALE':
      case 'ENDED':
        return this.#rooms.subscriptions.receive(this.#topics, message);
      default:
        return new Violation('NOT_OFFERED');
    }
  }

  #terms({ limits, features }: WelcomeMessage | ResumedMessage): Terms {
    return { ...reachable(limits, features), takesPacked: this.#session.takesPacked };
  }
}

/** A server that takes no chunks gets no value that is larger than a batch, whatever it allows. */
function reachable(limits: SessionLimits, features: number): SessionLimits {
  if ((features & FEATURES.CHUNK) !== 0) return limits;
  return { ...limits, valueInBytes: Math.min(limits.valueInBytes, MAX_PAYLOAD_BYTES) };
}
