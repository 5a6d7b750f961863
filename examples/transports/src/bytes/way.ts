import type { Tick } from '../generated/ticker.client.js';

/** A way of ticks to a reader, whose bytes are counted. */
export interface Way {
  readonly title: string;
  readonly open: () => Promise<OpenWay>;
}

/** A way with a server at one end and a reader at the other. */
export interface OpenWay {
  /** All bytes that have been on it. */
  readonly carried: { readonly up: number; readonly down: number };
  /** Sends one tick, and resolves when the reader has it. */
  deliver(tick: Tick): Promise<void>;
  close(): Promise<void>;
}

/** What one tick takes on a way. */
export interface WayBytes {
  readonly title: string;
  readonly up: number;
  readonly down: number;
}
