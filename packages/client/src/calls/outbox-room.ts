import { WIRE_DEFAULTS, type Link } from '@trunkline/protocol';

/** Who waits until items may be queued again. */
export interface RoomSeeker {
  hasRoom(): void;
}

/** Keeps streams from queueing items faster than the socket takes them. */
export class OutboxRoom {
  readonly #maxBytes: number;
  readonly #seekers = new Set<RoomSeeker>();

  constructor(outboxBytes: number) {
    // Below what a socket takes ahead, nobody would tell when there is room again.
    this.#maxBytes = Math.max(outboxBytes, WIRE_DEFAULTS.writeAheadBytes);
  }

  /** Whether an item may be queued; if not, the seeker is told when it may. */
  isOpen(wire: Pick<Link, 'queuedBytes' | 'begunBytes'>, seeker: RoomSeeker): boolean {
    if (wire.queuedBytes - wire.begunBytes < this.#maxBytes) return true;
    this.#seekers.add(seeker);
    return false;
  }

  /** Something has been written: tells those who wait, if that has made room. */
  flushed(wire: Pick<Link, 'queuedBytes' | 'begunBytes'>): void {
    if (this.#seekers.size === 0 || wire.queuedBytes - wire.begunBytes >= this.#maxBytes) return;
    const waiting = [...this.#seekers];
    this.#seekers.clear();
    for (const seeker of waiting) seeker.hasRoom();
  }

  forget(seeker: RoomSeeker): void {
    this.#seekers.delete(seeker);
  }

  clear(): void {
    this.#seekers.clear();
  }
}
