import type { TrunklineError } from '@trunkline/client';

const REASONS: Readonly<Record<string, string>> = {
  BUSY: 'the server has too much to do',
  RATE: 'that was too much at once',
  DEADLINE: 'no answer came in time',
  UNAVAILABLE: 'there is no connection any more',
  UNAUTHENTICATED: 'you are not signed in any more',
};

/**
 * Says what became of something that failed, where no field of a form is to blame. `done` is what it
 * would have been, such as "sent". An error knows whether the server has begun with it.
 */
export function failureText({ code, message, executed }: TrunklineError, done: string): string {
  const reason = REASONS[code] ?? message;
  const isRefused = executed === 'no' || (executed === 'yes' && code !== 'INTERNAL');
  return isRefused
    ? `Not ${done}: ${reason}. Try again when you like.`
    : `Perhaps ${done}: ${reason}. Try again: it will not be ${done} twice.`;
}
