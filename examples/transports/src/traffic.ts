import type { TransportName } from './transports.js';

/** What one transport has cost. */
export interface Traffic {
  /** HTTP requests that arrived; the upgrade to a WebSocket is one. */
  readonly requests: number;
  /** Bytes on the sockets, with all headers and frames. */
  readonly up: number;
  readonly down: number;
}

/** What each transport of one run has cost. */
export type Costs = Readonly<Record<TransportName, Traffic>>;
