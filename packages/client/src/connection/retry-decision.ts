import { CLOSE_CODES, closeCodeOf, reactionTo, type Closed } from '@trunkline/protocol';
import { backoffMs, type ReconnectOptions } from './backoff.js';
import type { Refusal } from './connection-state.js';

/** How far an attempt to connect had come when it ended. */
export type AttachPhase = 'auth' | 'opening' | 'resuming' | 'greeting' | 'live';

/** How a connection, or an attempt to have one, ended. */
export interface Ending {
  readonly closed: Closed;
  readonly phase: AttachPhase;
  /** How long nothing had come when something else than this client cut it. */
  readonly silentMs?: number;
}

/** What is remembered of the attempts since the last connection that lasted. */
export interface Attempts {
  readonly failures: number;
  /** How many in a row never opened. */
  readonly unopened: number;
  /** Whether a token was refused since the last one that was good. */
  readonly hasRenewedToken: boolean;
}

/** What a decision depends on beside the endings. */
export interface RetryTerms {
  readonly reconnect: ReconnectOptions;
  /** Whether another token can be asked for. */
  readonly canRenewToken: boolean;
  /** In [0, 1). */
  readonly random: number;
}

/** What a client does next. */
export type RetryDecision =
  | {
      readonly next: 'wait';
      readonly status: 'waiting' | 'unreachable';
      readonly delayMs: number;
      readonly reason: string;
    }
  | {
      readonly next: 'stop';
      readonly status: 'denied' | 'closed';
      readonly reason: string;
      /** What was refused, where the status is `denied`. */
      readonly refusal?: Refusal;
    };

/** Attempts before the first one. */
export const NO_ATTEMPTS: Attempts = { failures: 0, unopened: 0, hasRenewedToken: false };

const UNREACHABLE_AFTER = 5;

// A server that names no delay at all, or days, is not taken at its word.
const MIN_NAMED_MS = 250;
const MAX_NAMED_MS = 300_000;

/** Counts an ending in. */
export function countAttempt(before: Attempts, { closed, phase }: Ending): Attempts {
  const hadGoodToken = phase === 'live';
  const hasOpened = phase === 'resuming' || phase === 'greeting' || phase === 'live';
  return {
    failures: before.failures + 1,
    unopened: hasOpened ? 0 : before.unopened + (phase === 'opening' ? 1 : 0),
    hasRenewedToken:
      (before.hasRenewedToken && !hadGoodToken) || reactionTo(closed.code) === 'new-token',
  };
}

/** Decides what follows an ending, before which things stood as `before` says. */
export function decideRetry(ending: Ending, before: Attempts, terms: RetryTerms): RetryDecision {
  const { closed, phase } = ending;
  const { failures, unopened } = countAttempt(before, ending);
  // Of what ended before there was a connection, the reason says all.
  const reason = phase === 'auth' ? closed.reason : describeEnding(closed, phase);
  const backoff = backoffMs(failures, terms.reconnect, terms.random);
  const wait = (delayMs: number): RetryDecision => {
    return { next: 'wait', status: 'waiting', delayMs, reason };
  };
  switch (reactionTo(closed.code)) {
    case 'stop': {
      const isDenied = closed.code === CLOSE_CODES.REFUSED.code;
      if (isDenied) return { next: 'stop', status: 'denied', reason, refusal: 'denied' };
      return { next: 'stop', status: 'closed', reason };
    }
    case 'new-token': {
      const isSecond = phase !== 'live' && before.hasRenewedToken;
      if (isSecond || !terms.canRenewToken) {
        return { next: 'stop', status: 'denied', reason, refusal: 'token' };
      }
      // At once, unless the connection had been live: then a hasty circle would be possible.
      return wait(phase === 'live' ? backoff : 0);
    }
    case 'retry-after':
      // What is named grows with the failures too: it may always be the same, and too short.
      return wait(Math.max(namedDelay(closed.reason) ?? 0, backoff));
    case 'retry':
      break;
  }
  if (unopened < UNREACHABLE_AFTER) return wait(backoff);
  const { maxMs } = terms.reconnect;
  const delayMs = maxMs / 2 + (terms.random * maxMs) / 2;
  return { next: 'wait', status: 'unreachable', delayMs, reason };
}

/** Reads the milliseconds that a reason names, if it names any. */
export function namedDelay(reason: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(reason)) return undefined;
  return Math.min(Math.max(Number(reason), MIN_NAMED_MS), MAX_NAMED_MS);
}

function describeEnding({ code, reason }: Closed, phase: AttachPhase): string {
  const name = closeCodeOf(code);
  const what = phase === 'opening' ? 'could not be opened' : 'was cut';
  const meaning = name === undefined ? `the connection ${what}` : CLOSE_CODES[name].meaning;
  // Milliseconds are for this client, not for who reads.
  const isDelay = reactionTo(code) === 'retry-after' && namedDelay(reason) !== undefined;
  return reason === '' || isDelay ? `${meaning} (${code})` : `${meaning} (${code}: ${reason})`;
}
