import type { MessageCodec } from '../batch.js';
import type { LargeMessage } from '../chunk.js';
import type { Close } from '../close-code.js';
import type { WireLimits } from '../limits.js';
import type { ReceivedMessage } from '../message.js';
import type { Runtime } from '../runtime.js';
import type { Transport } from '../transport.js';
import type { Violation } from '../violation.js';
import type { ByteBudget } from './byte-budget.js';

/** What a link tells the connection that owns it. None of these throws. */
export interface LinkOwner {
  /** Acts on one message; PING, PONG, VOID, CHUNK and skipped ones do not come here. */
  receive(message: ReceivedMessage): Violation | undefined;
  /** The most bytes of the payload of a message that comes in chunks; without it `valueBytes`. */
  maxBytesOf?(message: LargeMessage): number;
  /** Whether a call is outstanding. */
  isBusy(): boolean;
  /** The outbox has been written as far as it could. */
  flushed(): void;
  /** All that another connection had to bring again was written, or there was nothing of it. */
  replayed?(): void;
  /**
   * The connection must end like this: the peer is silent or takes nothing, or something could not
   * be written, and then `error` says what.
   */
  failed(close: Close | 'cut', error?: unknown): void;
}

/** What a link is made of; the transport, its first one, must be open. */
export interface LinkOptions {
  readonly transport: Transport;
  readonly runtime: Runtime;
  readonly limits: WireLimits;
  readonly side: 'client' | 'server';
  /** The messages that this side writes and reads. */
  readonly codec: MessageCodec;
  /** The most bytes of a payload that this side takes in chunks. */
  readonly valueBytes: number;
  /** What all links may hold together of values that are not complete. */
  readonly assembly?: ByteBudget | undefined;
}
