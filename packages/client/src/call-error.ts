import {
  TrunklineError,
  type ErrorMessage,
  type ProcedureCodec,
  type RefusedMessage,
} from '@trunkline/protocol';
import { isStream, type PendingCall } from './pending-call.js';
import type { SuperjsonCode } from './superjson.js';
import { decodeValue } from './value.js';

/** The error that an ERROR message says. */
export function receivedError(
  message: ErrorMessage,
  codec: ProcedureCodec | undefined,
  code: SuperjsonCode | undefined,
): TrunklineError {
  const { executed, retryAfterMs } = message;
  const { errors = {} } = codec ?? {};
  const part = Object.hasOwn(errors, message.code) ? errors[message.code] : undefined;
  const decoded = decodeValue(message, part, code);
  return new TrunklineError(message.code, message.message, {
    executed,
    ...('value' in decoded && { data: decoded.value }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The error of a call whose answer is larger than this client takes, or did not all come. */
export function refusedError({ code }: RefusedMessage): TrunklineError {
  const message = 'the answer is too large, or did not come to its end';
  return new TrunklineError(code, message, { executed: 'yes' });
}

/** The error of a call whose connection was lost. */
export function lostError(call: PendingCall): TrunklineError {
  const code = isStream(call) ? 'STREAM_LOST' : 'SESSION_LOST';
  const message = 'the connection was lost before the answer came';
  return new TrunklineError(code, message, { executed: executedOf(call) });
}

/** What is known of a call that has no answer. */
export function executedOf({ state, entry }: PendingCall): 'no' | 'unknown' {
  return state === 'sent' && entry?.state !== 'queued' ? 'unknown' : 'no';
}
