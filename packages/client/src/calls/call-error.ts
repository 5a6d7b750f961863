import {
  TrunklineError,
  type ErrorMessage,
  type Executed,
  type RefusedMessage,
} from '@trunkline/protocol';
import { isStream, type CallRequest, type PendingCall } from './pending-call.js';
import type { SuperjsonCode } from '../value/superjson.js';
import { decodeValue } from '../value/value.js';

/** The error that an ERROR message says, whose text is the server's. */
export function receivedError(
  message: ErrorMessage,
  { name, codec }: Pick<CallRequest, 'name' | 'codec'>,
  code: SuperjsonCode | undefined,
): TrunklineError {
  const { executed, retryAfterMs } = message;
  const { errors = {} } = codec ?? {};
  const part = Object.hasOwn(errors, message.code) ? errors[message.code] : undefined;
  const decoded = decodeValue(message, part, code);
  return new TrunklineError(message.code, message.message, {
    executed,
    where: name,
    ...('value' in decoded && { data: decoded.value }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The error of a call whose answer is larger than this client takes, or did not all come. */
export function refusedError({ code }: RefusedMessage): TrunklineError {
  const message = 'the answer is larger than valueBytes of this client, or did not come to its end';
  return new TrunklineError(code, message, { executed: 'yes' });
}

/** The error of a call whose session was lost; of a stream it says how many items have come. */
export function lostError(call: PendingCall, rx: number | undefined): TrunklineError {
  const message = 'the session was lost before the answer came';
  const executed = executedOf(call, rx);
  if (!isStream(call)) return new TrunklineError('SESSION_LOST', message, { executed });
  const data = { items: call.handler.itemsReceived ?? 0 };
  return new TrunklineError('STREAM_LOST', message, { executed, data });
}

/** What is known of a call without an answer, where the server had accepted all up to `rx`. */
export function executedOf({ state, entry }: PendingCall, rx?: number): 'no' | 'unknown' {
  if (state !== 'sent' || entry === undefined || entry.state === 'queued') return 'no';
  return rx !== undefined && entry.number > rx ? 'no' : 'unknown';
}

/** The error of a call whose deadline has passed; `reason` says why it was never sent. */
export function deadlineError(executed: Executed, reason: string | undefined): TrunklineError {
  const where = reason === undefined ? '' : ` before there was a connection: ${reason}`;
  return new TrunklineError('DEADLINE', `the deadline passed${where}`, { executed });
}
