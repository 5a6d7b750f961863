import type { Runtime, Timer } from '@trunkline/protocol';
import { FrameTracker } from './frame-tracker.js';

/** How a message is watched. */
export interface MessageWatchOptions {
  readonly runtime: Runtime;
  /** How long a message may take from its first byte that came alone to its last. */
  readonly limitMs: number;
  /** A message has taken longer. Called once. */
  late(): void;
}

/**
 * Notices a message that trickles in. Its age counts from the first read that left it unfinished;
 * frames of control in between do not make it younger.
 */
export class MessageWatch {
  readonly #options: MessageWatchOptions;
  readonly #tracker = new FrameTracker();
  #timer: Timer | undefined;
  /** Of the unfinished message: how many were whole before it, and when it was first seen. */
  #number = -1;
  #since = 0;

  constructor(options: MessageWatchOptions) {
    this.#options = options;
  }

  /** Takes the next bytes of the connection. */
  read(chunk: Uint8Array): void {
    this.#tracker.read(chunk);
    if (!this.#tracker.isUnfinished) {
      this.#number = -1;
      return;
    }
    if (this.#number === this.#tracker.messages) return;
    this.#number = this.#tracker.messages;
    this.#since = this.#options.runtime.now();
    // A running timer is left alone: it looks again when it fires, which is cheaper than a new one.
    if (this.#timer === undefined) this.#watch(this.#options.limitMs);
  }

  /** Ends the watch. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(delayMs: number): void {
    this.#timer = this.#options.runtime.startTimer(delayMs, () => {
      this.#timer = undefined;
      if (this.#number < 0) return;
      const left = this.#since + this.#options.limitMs - this.#options.runtime.now();
      if (left > 0) this.#watch(left);
      else this.#options.late();
    });
  }
}
