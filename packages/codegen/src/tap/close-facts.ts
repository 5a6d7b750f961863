import { CLOSE_CODES, closeCodeOf, reactionTo, type CloseReaction } from '@trunkline/protocol';
import type { Facts } from './record.js';

const REACTIONS: Readonly<Record<CloseReaction, string>> = {
  retry: 'connects again',
  'retry-after': 'connects again after the milliseconds of the reason',
  'new-token': 'asks for a new token and connects again',
  stop: 'stops',
};

/** Explains how a connection has ended, and what a client does about it. */
export function closeFacts(code: number, reason: string): Facts {
  const name = closeCodeOf(code);
  const meaning = name === undefined ? otherMeaning(code) : CLOSE_CODES[name].meaning;
  return {
    code,
    name: name ?? 'CUT',
    reason: reason === '' ? undefined : reason,
    meaning,
    client: REACTIONS[reactionTo(code)],
  };
}

/** Tells whether an end is one that nobody has to look into. */
export function isQuiet(code: number): boolean {
  const name = closeCodeOf(code);
  return name === 'DONE' || name === 'LEAVING' || name === 'PAUSED' || code === 1005;
}

function otherMeaning(code: number): string {
  if (code === 1006)
    return 'cut without a close: a crash, a network, a proxy, or a peer that was given up';
  if (code === 1005) return 'closed without a code, as a page does that goes away';
  return 'no code of Trunkline';
}
