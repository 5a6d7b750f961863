import type { TrunklineError } from '@trunkline/client';

const REASONS: Readonly<Record<string, string>> = {
  BUSY: 'the server has too much to do',
  RATE: 'that was too much at once',
  DEADLINE: 'no answer came in time',
  UNAVAILABLE: 'there is no connection any more',
  SESSION_LOST: 'the connection was lost before the answer came',
  UNAUTHENTICATED: 'you are not signed in any more',
};

/** With these the server had begun, and nobody knows how far it came; with others it has refused. */
const BROKEN: readonly string[] = ['INTERNAL', 'OVERLOADED', 'RESULT_GONE'];

/**
 * Says what became of something that failed, where no field of a form is to blame. `done` is what it
 * would have been, such as "sent". An error knows whether the server has begun with it.
 */
export function failureText({ code, message, executed }: TrunklineError, done: string): string {
  const reason = REASONS[code] ?? message;
  const isRefused = executed === 'no' || (executed === 'yes' && !BROKEN.includes(code));
  if (isRefused) return `Not ${done}: ${reason}. Try again when you like.`;
  return `Perhaps ${done}: ${reason}. Look before you do it again.`;
}
