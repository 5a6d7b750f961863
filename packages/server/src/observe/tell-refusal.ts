import { CLOSE_CODES, type Close } from '@trunkline/protocol';
import type { Refusal } from '../upgrade/refusal.js';
import type { Observation } from './observation.js';

/** Status of an upgrade that was done, so that a page can read why it is closed at once. */
const SWITCHED = 101;

/** Tells the observers that an upgrade was refused. */
export function tellRefusal(
  observation: Observation | undefined,
  { address: remoteAddress }: { readonly address: string },
  refusal: Refusal | Close,
): void {
  if (observation === undefined) return;
  if ('code' in refusal) {
    const { code, reason } = refusal;
    const told = { status: SWITCHED, code: CLOSE_CODES[code].code, reason, remoteAddress };
    return observation.tell('connectionRefused', told);
  }
  const { status, message: reason, limit } = refusal;
  observation.tell('connectionRefused', { status, code: undefined, reason, remoteAddress });
  if (limit === undefined) return;
  observation.tell('limitHit', { limit, reaction: `HTTP ${status}`, session: undefined });
}
