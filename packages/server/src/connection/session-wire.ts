import type { Link, Outgoing, ResumeMessage, SharedBatch } from '@trunkline/protocol';
import { SessionParts } from './session-parts.js';

/** What the rooms of a session are given of its link. */
export abstract class SessionWire extends SessionParts {
  protected abstract readonly wire: Link;

  get rx(): number {
    return this.wire.rx;
  }

  /** Whether the session can go on where the client says that it is. */
  canResume({ rx, first }: ResumeMessage): boolean {
    return this.wire.canResume(rx, first);
  }

  /** Accepts no further call; what was accepted is acknowledged, and goes on. */
  deafen(): void {
    this.wire.deafen();
  }

  /** Writes what waits: answers of synchronous handlers leave in the turn of their calls. */
  flush(): void {
    this.wire.flush();
  }

  /** The socket has room again. */
  writable(): void {
    this.wire.writable();
  }

  withdraw(entry: Outgoing): boolean {
    return this.wire.withdraw(entry);
  }

  void(entry: Outgoing): boolean {
    return this.wire.void(entry);
  }

  sendShared(batch: SharedBatch): Outgoing {
    return this.wire.sendShared(batch);
  }

  grew(entry: Outgoing, bytes: number): void {
    this.wire.grew(entry, bytes);
  }

  abandon(id: number): boolean {
    return this.wire.abandon(id);
  }

  /** Whether all that waited was written, and all that was accepted is acknowledged. */
  get isSettled(): boolean {
    return this.wire.isSettled;
  }

  /** Whether all that was accepted is acknowledged. */
  get hasAcknowledged(): boolean {
    return this.wire.hasAcknowledged;
  }

  get heardAt(): number {
    return this.wire.heardAt;
  }

  get cutsLarge(): boolean {
    return this.wire.cutsLarge;
  }
}
