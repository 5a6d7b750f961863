import type { Transport } from '@trunkline/protocol';

/** A transport that a server has accepted. */
export interface AcceptedTransport extends Transport {
  /** Somebody is signed in on it, so it no longer counts among the strangers. */
  authenticated(): void;
}
