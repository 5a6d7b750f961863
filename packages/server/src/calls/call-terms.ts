import type {
  CallMessage,
  ErrorCode,
  Payload,
  StreamLost,
  TrunklineError,
} from '@trunkline/protocol';
import type { CallEntry } from './call-entry.js';
import type { CallLink } from './call-link.js';
import type { Slot } from './call-quota.js';
import { ownError } from '../failure.js';
import type { FinalMessage } from '../final-message.js';
import type { ServerLimits } from '../limits/limits.js';
import { isStreamRoute, isTopicRoute, type Route } from '../routes/route.js';

/** What was broken off of a session's calls, by what their callers were told. */
export interface BrokenOff {
  /** Calls that may have run: `executed` is unknown. */
  readonly unknown: number;
  /** Calls that had not begun: `executed` is no. */
  readonly refused: number;
}

/** What a client is to blame for when the handler did not run. */
const FAULTS: ReadonlySet<string> = new Set<ErrorCode>([
  'INVALID_INPUT',
  'NOT_FOUND',
  'TOO_LARGE',
  'DENIED',
  'UNAUTHENTICATED',
]);

/** What a handler gets that reads on after its stream has failed. */
export const STREAM_FAILED = ownError('CANCELLED', 'the stream has failed', { executed: 'yes' });

/** Tells whether a call ended by a fault of its client. */
export function isClientFault(final: FinalMessage): boolean {
  return final.kind === 'ERROR' && final.executed === 'no' && FAULTS.has(final.code);
}

/** Why a call has to end whose session has ended; what a handler gets that waits for items. */
export function sessionEnded({ isStream, items }: Slot): TrunklineError {
  const text = 'the session has ended';
  if (!isStream) return ownError('SESSION_LOST', text, { executed: 'unknown' });
  const data: StreamLost = { items: items?.given ?? 0 };
  return ownError('STREAM_LOST', text, { executed: 'unknown', data });
}

/** Why a stream has to end of which nothing came for too long. */
export function streamIdle({ context }: CallEntry): TrunklineError {
  const text = 'no item came for too long though there was credit';
  return ownError('STREAM_IDLE', text, { executed: context.isStarted ? 'unknown' : 'no' });
}

/**
 * Gives how many milliseconds a call has, or `undefined` for one that may last. What its caller names
 * can only be earlier than what its contract says: a client may know no contract, or an older one.
 */
export function deadlineOf(
  message: CallMessage,
  route: Route,
  limits: ServerLimits,
): number | undefined {
  const own = isTopicRoute(route) ? undefined : route.definition.deadlineMs;
  const standard = isStreamRoute(route) ? undefined : limits.deadlineMs;
  const wanted = message.deadlineMs ?? own ?? standard;
  if (wanted === undefined) return undefined;
  const most = isStreamRoute(route) ? Infinity : limits.maxDeadlineMs;
  return Math.min(wanted, own ?? most, most);
}

/** Gives the bytes that a procedure says for its output; 0 where it says nothing. */
export function maxOutputOf(route: Route): number {
  return isTopicRoute(route) ? 0 : (route.definition.maxOutputBytes ?? 0);
}

/** Tells whether a result can be held; one that its procedure allows can, if it is alone. */
export function hasResultRoom(
  { limits, link }: { readonly limits: ServerLimits; readonly link: CallLink },
  { bytes: { length } }: Payload,
  maxOutputBytes: number,
): boolean {
  const { heldBytes, heldMaxBytes } = limits;
  const { smallBytes, bulkBytes } = link;
  if (!link.cutsLarge || length <= limits.cutBytes) {
    // Large ones take from what small ones may have, but never all of it.
    const least = Math.min(heldBytes, heldMaxBytes);
    return smallBytes + length <= Math.max(least, heldMaxBytes - bulkBytes);
  }
  return bulkBytes + length <= Math.max(heldMaxBytes - smallBytes, maxOutputBytes);
}
