import type { Message, Outgoing } from '@trunkline/protocol';

/** What the calls of a server to its client need of the session's link. */
export interface CallerLink {
  send(message: Message): Outgoing;
  /** Takes a message back that was not written as a whole; `false` if it was. */
  withdraw(entry: Outgoing): boolean;
  /**
   * Sees to it that a call which was written never runs, if the client has not accepted it; `true`
   * if that is certain, and nobody will answer it.
   */
  void(entry: Outgoing): boolean;
  /** Takes back all that a call has in chunks or behind them; `false` if there was nothing. */
  abandon(id: number): boolean;
  /** Bytes of which nothing was written yet. */
  readonly waitingBytes: number;
  /** Whether payloads may be packed. */
  readonly takesPacked: boolean;
  /** Whether the client takes a value in chunks. */
  readonly cutsLarge: boolean;
}
