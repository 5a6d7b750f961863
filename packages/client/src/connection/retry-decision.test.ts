import { describe, expect, test } from 'vitest';
import {
  countAttempt,
  decideRetry,
  NO_ATTEMPTS,
  type AttachPhase,
  type Attempts,
  type RetryTerms,
} from './retry-decision.js';

const TERMS: RetryTerms = {
  reconnect: { minMs: 250, maxMs: 20_000 },
  canRenewToken: true,
  random: 0,
};

interface Given {
  readonly code: number;
  readonly reason?: string;
  readonly phase?: AttachPhase;
  readonly before?: Partial<Attempts>;
  readonly terms?: Partial<RetryTerms>;
}

function decide({ code, reason = '', phase = 'live', before, terms }: Given) {
  return decideRetry(
    { closed: { code, reason }, phase },
    { ...NO_ATTEMPTS, ...before },
    { ...TERMS, ...terms },
  );
}

describe('decideRetry', () => {
  test.each<[string, Given, object]>([
    ['a cut', { code: 1006 }, { next: 'wait', status: 'waiting', delayMs: 250 }],
    ['a code that nobody knows', { code: 4999 }, { next: 'wait', delayMs: 250 }],
    ['1001', { code: 1001 }, { next: 'wait', delayMs: 250 }],
    ['1008', { code: 1008 }, { next: 'wait', delayMs: 250 }],
    ['4408', { code: 4408, phase: 'greeting' }, { next: 'wait', delayMs: 250 }],
    ['4410', { code: 4410 }, { next: 'wait', delayMs: 250 }],
    ['4508', { code: 4508 }, { next: 'wait', delayMs: 250 }],
    ['1000', { code: 1000 }, { next: 'stop', status: 'closed' }],
    ['1009', { code: 1009 }, { next: 'stop', status: 'closed' }],
    ['4400', { code: 4400 }, { next: 'stop', status: 'closed' }],
    ['4406', { code: 4406, phase: 'greeting' }, { next: 'stop', status: 'closed' }],
    ['4409', { code: 4409 }, { next: 'stop', status: 'closed' }],
    ['4403', { code: 4403, phase: 'greeting' }, { next: 'stop', status: 'denied' }],
    ['4429', { code: 4429, reason: '1500' }, { next: 'wait', status: 'waiting', delayMs: 1_500 }],
    ['4503', { code: 4503, reason: '7000' }, { next: 'wait', delayMs: 7_000 }],
    ['4503 that names no time', { code: 4503 }, { next: 'wait', delayMs: 250 }],
    ['4503 that names nonsense', { code: 4503, reason: '-5e9' }, { next: 'wait', delayMs: 250 }],
    ['4503 that names nothing', { code: 4503, reason: '0' }, { next: 'wait', delayMs: 250 }],
    ['4503 for days', { code: 4503, reason: '9999999999' }, { next: 'wait', delayMs: 300_000 }],
    ['4401 at the door', { code: 4401, phase: 'greeting' }, { next: 'wait', delayMs: 0 }],
    ['4401 after having been live', { code: 4401 }, { next: 'wait', delayMs: 250 }],
    [
      '4401 again, with the new token',
      { code: 4401, phase: 'greeting', before: { hasRenewedToken: true } },
      { next: 'stop', status: 'denied' },
    ],
    [
      '4401 where no other token can be had',
      { code: 4401, phase: 'greeting', terms: { canRenewToken: false } },
      { next: 'stop', status: 'denied' },
    ],
    [
      'a fourth attempt that never opened',
      { code: 1006, phase: 'opening', before: { failures: 3, unopened: 3 } },
      { next: 'wait', status: 'waiting', delayMs: 250 },
    ],
    [
      'a fifth attempt that never opened',
      { code: 1006, phase: 'opening', before: { failures: 4, unopened: 4 } },
      { next: 'wait', status: 'unreachable', delayMs: 10_000 },
    ],
    [
      'an attempt that opened after nine that did not',
      { code: 1006, phase: 'greeting', before: { failures: 9, unopened: 9 } },
      { next: 'wait', status: 'waiting' },
    ],
    [
      'a token that could not be had after nine failures',
      { code: 1006, phase: 'auth', before: { failures: 9, unopened: 2 } },
      { next: 'wait', status: 'waiting' },
    ],
  ])('after %s', (_, given, expected) => {
    expect(decide(given)).toMatchObject(expected);
  });

  test('grows its delay with the failures in a row, live or not, named or not', () => {
    const given: Given = { code: 1006, before: { failures: 5 }, terms: { random: 0.999_999 } };
    expect(decide({ ...given, phase: 'greeting' })).toMatchObject({
      delayMs: expect.closeTo(16_000, 0) as number,
    });
    for (const code of [1006, 4401, 4429, 4508]) {
      expect(decide({ ...given, code, reason: '0', phase: 'live' })).toMatchObject({
        delayMs: expect.closeTo(16_000, 0) as number,
      });
    }
  });

  test('says why, with the code and what the server said', () => {
    expect(decide({ code: 4503, reason: '7000' }).reason).toBe('the server stops (4503)');
    expect(decide({ code: 4406, reason: 'trunkline.v2.packed' }).reason).toBe(
      'no version is spoken by both (4406: trunkline.v2.packed)',
    );
    expect(decide({ code: 1006, phase: 'live' }).reason).toBe('the connection was cut (1006)');
  });

  test('says that a connection was cut only where it had been open', () => {
    const refused = { code: 1006, reason: 'connect ECONNREFUSED' };
    expect(decide({ ...refused, phase: 'opening' }).reason).toBe(
      'the connection could not be opened (1006: connect ECONNREFUSED)',
    );
    for (const phase of ['resuming', 'greeting', 'live'] as const) {
      expect(decide({ code: 1006, phase }).reason).toBe('the connection was cut (1006)');
    }
  });

  test.each([4429, 4503])('leaves the milliseconds of %i out of what it says', (code) => {
    expect(decide({ code, reason: '1500' }).reason).toMatch(/^[^0-9]+ \(\d{4}\)$/);
  });
});

describe('countAttempt', () => {
  const before: Attempts = { failures: 3, unopened: 2, hasRenewedToken: true };

  test.each<[AttachPhase, Attempts]>([
    ['auth', { failures: 4, unopened: 2, hasRenewedToken: true }],
    ['opening', { failures: 4, unopened: 3, hasRenewedToken: true }],
    ['greeting', { failures: 4, unopened: 0, hasRenewedToken: true }],
    ['live', { failures: 4, unopened: 0, hasRenewedToken: false }],
  ])('counts an end while %s', (phase, after) => {
    expect(countAttempt(before, { closed: { code: 1006, reason: '' }, phase })).toEqual(after);
  });

  test('remembers that a token was refused', () => {
    const ending = { closed: { code: 4401, reason: '' }, phase: 'greeting' } as const;
    expect(countAttempt(NO_ATTEMPTS, ending).hasRenewedToken).toBe(true);
  });
});
