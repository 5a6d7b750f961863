import type { Link, ReceivedMessage, ResumedMessage, Violation } from '@trunkline/protocol';

/** The session of which somebody makes use. */
export interface UsedSession {
  readonly link: Link;
  /** Whether payloads may be packed. */
  readonly takesPacked: boolean;
}

/** What makes use of one session: calls of either side, and subscriptions. None of these throws. */
export interface SessionUser {
  receive(message: ReceivedMessage): Violation | undefined;
  isBusy(): boolean;
  flushed(): void;
  /** What earlier connections have brought in vain was sent again. */
  replayed(): void;
  /** The session goes on over another connection. */
  resumed(welcome: ResumedMessage): void;
  /** The connection is gone; the session may go on. */
  detach(): void;
  /** Another session has begun; says when nothing of this one is outstanding any more. */
  leave(idle: () => void): void;
  /** The session is gone; the server had accepted all up to `rx`, if that is known. */
  lost(rx: number | undefined): void;
}
