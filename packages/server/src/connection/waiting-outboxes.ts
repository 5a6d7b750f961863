/** A connection that does not take all that is there for it. */
interface Slow {
  /** Closes the connection; its session lives on. */
  tooSlow(): void;
}

/** What waits in the outboxes of all connections of a node that do not take it. */
export class WaitingOutboxes {
  readonly #maxBytes: number;
  readonly #waiting = new Map<Slow, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Notes what waits for a connection; where all is too much, those with the most are closed. */
  weigh(slow: Slow, bytes: number): void {
    this.#bytes += bytes - (this.#waiting.get(slow) ?? 0);
    if (bytes === 0) this.#waiting.delete(slow);
    else this.#waiting.set(slow, bytes);
    while (this.#bytes > this.#maxBytes) this.#closeLongest();
  }

  #closeLongest(): void {
    let longest: Slow | undefined;
    let most = 0;
    for (const [slow, bytes] of this.#waiting) {
      if (bytes <= most) continue;
      longest = slow;
      most = bytes;
    }
    if (longest === undefined) return;
    // Before it is closed, which may come back here.
    this.weigh(longest, 0);
    longest.tooSlow();
  }
}
