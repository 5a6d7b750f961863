import { ENCODING, type ErrorMessage, type Executed } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, test } from 'vitest';
import { CallRetry } from './call-retry.js';
import { createPendingCall, type CallRequest, type PendingCall } from './pending-call.js';

const NOTHING = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

interface About {
  key?: Uint8Array;
  isRepeatable?: boolean;
  name?: string;
  kind?: CallRequest['kind'];
  deadlineAt?: number;
}

function pending(about: About = {}): PendingCall {
  const request: CallRequest = {
    kind: about.kind ?? 'call',
    name: about.name ?? 'shop.order',
    codec: undefined,
    payload: NOTHING,
    deadlineAt: about.deadlineAt,
    isDeadlineStandard: false,
    idempotencyKey: about.key,
  };
  const handler = { isRepeatable: about.isRepeatable ?? true, done: () => {}, failed: () => {} };
  return createPendingCall(request, handler);
}

function refusal(code: string, executed: Executed, retryAfterMs?: number): ErrorMessage {
  const after = retryAfterMs === undefined ? undefined : { retryAfterMs };
  return { kind: 'ERROR', id: 0, executed, code, message: '', ...NOTHING, ...after };
}

const key = Uint8Array.of(1);

describe('CallRetry', () => {
  test.each<[string, Executed, again: { plain: boolean; idempotent: boolean }]>([
    ['BUSY', 'no', { plain: true, idempotent: true }],
    ['UNAVAILABLE', 'no', { plain: true, idempotent: true }],
    ['DRAINING', 'no', { plain: true, idempotent: true }],
    ['SESSION_LOST', 'unknown', { plain: false, idempotent: true }],
    ['UNAVAILABLE', 'unknown', { plain: false, idempotent: true }],
    ['BUSY', 'yes', { plain: false, idempotent: false }],
    ['DENIED', 'no', { plain: false, idempotent: false }],
    ['INVALID_INPUT', 'no', { plain: false, idempotent: false }],
    ['RATE', 'no', { plain: false, idempotent: false }],
    ['DEADLINE', 'unknown', { plain: false, idempotent: false }],
    ['CANCELLED', 'unknown', { plain: false, idempotent: false }],
    ['INTERNAL', 'unknown', { plain: false, idempotent: false }],
    ['IDEMPOTENCY_MISMATCH', 'no', { plain: false, idempotent: false }],
    ['RESULT_GONE', 'yes', { plain: false, idempotent: false }],
    ['SOLD_OUT', 'yes', { plain: false, idempotent: false }],
  ])('%s, executed %s, is tried again as %o', (code, executed, { plain, idempotent }) => {
    const rest = (call: PendingCall) =>
      new CallRetry(new VirtualRuntime()).restMs(call, refusal(code, executed)) !== undefined;
    expect(rest(pending())).toBe(plain);
    expect(rest(pending({ key }))).toBe(idempotent);
    expect(rest(pending({ key, isRepeatable: false }))).toBe(false);
  });

  test('waits longer each time, and as long as the server says', () => {
    const retry = new CallRetry(new VirtualRuntime());
    const call = pending();
    expect(retry.restMs(call, refusal('BUSY', 'no'))).toBeLessThanOrEqual(100);
    const restMs = retry.restMs(call, refusal('BUSY', 'no', 9_000));
    expect(restMs).toBeGreaterThanOrEqual(9_000);
    expect(restMs).toBeLessThanOrEqual(10_000);
  });

  test('fails at once what would come back too late', () => {
    const runtime = new VirtualRuntime();
    for (const code of ['BUSY', 'RATE']) {
      const retry = new CallRetry(runtime);
      const call = pending({ deadlineAt: runtime.now() + 1_000 });
      expect(retry.restMs(call, refusal(code, 'no', 1_000))).toBeUndefined();
      expect(retry.restMs(call, refusal(code, 'no', 500))).toBeLessThan(1_000);
      expect(retry.restMs(pending(), refusal(code, 'no', 30_001))).toBeUndefined();
    }
  });

  test('sends what was lost again: unread always, else idempotent, four times', () => {
    const retry = new CallRetry(new VirtualRuntime());
    const plain = pending();
    for (let n = 0; n < 10; n++) expect(retry.repeatsLost(plain, 'no')).toBe(true);
    expect(retry.repeatsLost(plain, 'unknown')).toBe(false);
    expect(retry.repeatsLost(pending({ isRepeatable: false }), 'no')).toBe(false);
    const call = pending({ key });
    for (let n = 0; n < 4; n++) expect(retry.repeatsLost(call, 'unknown')).toBe(true);
    expect(retry.repeatsLost(call, 'unknown')).toBe(false);
  });

  test('spends one budget on all that is refused or lost', () => {
    const retry = new CallRetry(new VirtualRuntime());
    for (let n = 0; n < 3; n++) retry.restMs(pending(), refusal('BUSY', 'no'));
    expect(retry.repeatsLost(pending({ key }), 'unknown')).toBe(true);
    expect(retry.repeatsLost(pending({ key }), 'unknown')).toBe(true);
    expect(retry.repeatsLost(pending({ key }), 'unknown')).toBe(false);
    expect(retry.restMs(pending(), refusal('BUSY', 'no'))).toBeUndefined();
    for (let n = 0; n < 30; n++) retry.succeeded();
    expect(retry.restMs(pending(), refusal('BUSY', 'no'))).toBeDefined();
  });
});

describe('CallRetry of calls that are too fast', () => {
  const late = refusal('RATE', 'no', 100);

  test('comes back when the server says, a little later by chance', () => {
    const rests = Array.from({ length: 50 }, () => {
      return new CallRetry(new VirtualRuntime()).restMs(pending(), late) ?? 0;
    });
    for (const restMs of rests) {
      expect(restMs).toBeGreaterThanOrEqual(100);
      expect(restMs).toBeLessThanOrEqual(125);
    }
    const retry = new CallRetry(new VirtualRuntime());
    const others = ['a', 'b', 'c', 'd', 'e'].map((name) => retry.restMs(pending({ name }), late));
    expect(new Set(others).size).toBe(5);
  });

  test('comes back one behind the other, for each procedure by itself', async () => {
    const runtime = new VirtualRuntime();
    const retry = new CallRetry(runtime);
    const slots = (rest: number | undefined) => Math.floor((rest ?? 0) / 100);
    const rests = Array.from({ length: 20 }, () => slots(retry.restMs(pending(), late)));
    expect(rests).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(slots(retry.restMs(pending({ name: 'shop.look' }), late))).toBe(1);
    await runtime.advance(1_000);
    expect(slots(retry.restMs(pending(), late))).toBe(11);
    await runtime.advance(60_000);
    expect(slots(retry.restMs(pending(), late))).toBe(1);
  });

  test('spends nothing of the budget, and four tries for each call', () => {
    const retry = new CallRetry(new VirtualRuntime());
    for (let n = 0; n < 50; n++) expect(retry.restMs(pending(), late)).toBeDefined();
    expect(retry.restMs(pending(), refusal('BUSY', 'no'))).toBeDefined();
    const call = { ...pending(), retries: 4 };
    expect(retry.restMs(call, late)).toBeUndefined();
  });

  test('leaves publishes to who publishes, and what has no time or may have run', () => {
    const retry = new CallRetry(new VirtualRuntime());
    expect(retry.restMs(pending({ kind: 'publish' }), late)).toBeUndefined();
    expect(retry.restMs(pending(), refusal('RATE', 'no'))).toBeUndefined();
    expect(retry.restMs(pending({ key }), refusal('RATE', 'unknown', 100))).toBeUndefined();
    expect(retry.restMs(pending({ isRepeatable: false }), late)).toBeUndefined();
  });
});
