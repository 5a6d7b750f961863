import type { Payload } from '@trunkline/protocol';

const NOTHING = new Uint8Array(0);

/**
 * Lets go of the bytes of a payload that was read. They are a view of a batch, which would stay in
 * memory for as long as somebody waits with the message in hand.
 */
export function letGo(payload: Payload): void {
  (payload as { bytes: Uint8Array }).bytes = NOTHING;
}
