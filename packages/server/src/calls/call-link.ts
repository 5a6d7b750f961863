import type { Message, Violation } from '@trunkline/protocol';

/** What calls need of their connection. */
export interface CallLink {
  send(message: Message): void;
  /** Bytes that wait to be written, without those of large messages. */
  readonly smallBytes: number;
  /** Bytes of large messages that wait to be written as a whole. */
  readonly bulkBytes: number;
  /** Bytes of which nothing was written yet. */
  readonly waitingBytes: number;
  /** Whether payloads may be packed. */
  readonly takesPacked: boolean;
  /** When the batch came that is being read. */
  readonly heardAt: number;
  /** Whether the client takes a value in chunks. */
  readonly cutsLarge: boolean;
  /** Takes back all that a call has in chunks or behind them; `false` if there was nothing. */
  abandon(id: number): boolean;
  /** Whether an item of a stream may wait for writing beside what waits already. */
  hasItemRoom(isLarge: boolean): boolean;
  /** Closes the connection: the client has passed a limit that ends it. */
  fail(violation: Violation): void;
}
