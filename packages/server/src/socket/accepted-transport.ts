import type { Transport } from '@trunkline/protocol';

/** A transport that a server has accepted. */
export interface AcceptedTransport extends Transport {
  /** Whether payloads may be packed: the subprotocol says so. */
  readonly takesPacked: boolean;
  /** Somebody is signed in on it, so it no longer counts among the strangers. */
  authenticated(): void;
}
