import type { LimitTable } from '@trunkline/protocol';

/** Limits of what is remembered of idempotent calls. */
export const IDEMPOTENCY_LIMITS = {
  idempotencyMs: {
    value: 300_000,
    unit: 'ms',
    scope: 'idempotency key, after its last use',
    onExcess: 'forgotten',
    reaction: { kind: 'none' },
    reason: 'longer than anybody repeats a call',
  },
  sessionIdempotencyKeys: {
    value: 1_000,
    least: 0,
    unit: 'items',
    scope: 'session: idempotency keys that it brought and that are remembered',
    onExcess: 'BUSY for a new one',
    reaction: { kind: 'error', code: 'BUSY' },
    reason: 'one client must not take the place of all others',
  },
  idempotencyKeys: {
    value: 100_000,
    least: 0,
    unit: 'items',
    scope: 'node: idempotency keys that are remembered',
    onExcess: 'BUSY for a new one',
    reaction: { kind: 'error', code: 'BUSY' },
    reason: 'one forgotten early could run a handler twice',
  },
  outcomeBytes: {
    value: 65_536,
    least: 0,
    unit: 'bytes',
    scope: 'outcome of an idempotent call',
    onExcess: 'RESULT_GONE for who asks again',
    reaction: { kind: 'error', code: 'RESULT_GONE' },
    reason: 'few outcomes of what changes something are larger',
  },
  outcomeNodeBytes: {
    value: 67_108_864,
    least: 0,
    unit: 'bytes',
    scope: 'node: outcomes of idempotent calls',
    onExcess: 'RESULT_GONE for who asks again',
    reaction: { kind: 'error', code: 'RESULT_GONE' },
    reason: 'the keys are remembered all the same, so nothing runs twice',
  },
} as const satisfies LimitTable;
