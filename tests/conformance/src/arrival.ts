import type { ReceivedMessage } from '@trunkline/protocol';

/** How a connection ended: 1006 when nobody said goodbye. */
export interface Ended {
  readonly kind: 'ENDED_CONNECTION';
  readonly code: number;
  readonly reason: string;
}

/** A fault of the other side against PROTOCOL.md that no message shows. */
export interface Broken {
  readonly kind: 'BROKEN';
  readonly fault: string;
}

/** An acknowledgement: the how manyth of its connection, and whether it was of all. */
export interface Acknowledged {
  readonly kind: 'ACKNOWLEDGED';
  readonly nth: number;
  readonly isAll: boolean;
}

/** What comes from the other side, one after the other. */
export type Arrival = ReceivedMessage | Ended | Broken | Acknowledged;
