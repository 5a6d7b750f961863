import { ENCODING, type ErrorMessage, type Executed } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, test } from 'vitest';
import { CallRetry } from './call-retry.js';
import { createPendingCall, type CallRequest, type PendingCall } from './pending-call.js';

const NOTHING = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };

function pending(about: { key?: Uint8Array; isRepeatable?: boolean } = {}): PendingCall {
  const request: CallRequest = {
    kind: 'call',
    name: 'shop.order',
    codec: undefined,
    payload: NOTHING,
    deadlineAt: undefined,
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
    expect(retry.restMs(call, refusal('BUSY', 'no', 9_000))).toBe(9_000);
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
