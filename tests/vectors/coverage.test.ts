import { describe, expect, it } from 'vitest';
import { ENCODING, SESSION_LIMITS, STORED, type Kind, type Message } from '@trunkline/protocol';
import {
  CANCEL_REASONS,
  EXECUTED,
  GAP_REASONS,
  GOAWAY_REASONS,
  GONE_REASONS,
  JOIN_STATES,
  PROCEDURE_KINDS,
  STALE_REASONS,
} from '../../packages/protocol/src/message.js';
import { readMessageVectors } from './vector-json.js';

const VECTORS = readMessageVectors();

/** Every value that a field has in the vectors of a message; absent ones are `undefined`. */
function valuesOf(kind: Kind, field: string): Set<unknown> {
  const messages = VECTORS.map(({ message }) => message).filter((message) => message.kind === kind);
  return new Set(messages.map((message) => (message as unknown as Record<string, unknown>)[field]));
}

/** Whether a field of a message is in one vector and absent, or empty, in another. */
function isOptionalIn(kind: Kind, field: string): boolean {
  const values = [...valuesOf(kind, field)];
  const isAbsent = (value: unknown): boolean =>
    value === undefined || value === false || (value as { length?: number }).length === 0;
  return values.some(isAbsent) && values.some((value) => !isAbsent(value));
}

describe('messages.json', () => {
  it.each<[Kind, string, readonly string[]]>([
    ['GONE', 'reason', GONE_REASONS],
    ['GOAWAY', 'reason', GOAWAY_REASONS],
    ['BIND', 'procedureKind', PROCEDURE_KINDS],
    ['ERROR', 'executed', EXECUTED],
    ['CANCEL', 'reason', CANCEL_REASONS],
    ['SUBSCRIBED', 'state', JOIN_STATES],
    ['GAP', 'reason', GAP_REASONS],
    ['STALE', 'reason', STALE_REASONS],
  ])('has %s with every %s', (kind, field, names) => {
    expect(valuesOf(kind, field)).toEqual(new Set(names));
  });

  it.each<Kind>(['CALL', 'RESULT', 'ERROR', 'ITEM', 'END', 'MESSAGE'])(
    'has %s with every encoding, with and without an ext',
    (kind) => {
      expect(valuesOf(kind, 'encoding')).toEqual(new Set(Object.values(ENCODING)));
      const fields = EXT_FIELDS.filter((field) => isOptionalIn(kind, field));
      expect(fields).not.toEqual([]);
    },
  );

  it('has every ext tag', () => {
    for (const field of EXT_FIELDS) {
      const isThere = VECTORS.some(({ message }) => field in message);
      expect([field, isThere]).toEqual([field, true]);
    }
    const stored = [...valuesOf('RESULT', 'published')] as {
      stored?: string;
      duplicate?: boolean;
    }[];
    expect(new Set(stored.flatMap((one) => one?.stored ?? []))).toEqual(new Set(STORED));
    expect(new Set(stored.flatMap((one) => one?.duplicate ?? []))).toEqual(new Set([true, false]));
  });

  it.each<[Kind, string]>([
    ['HELLO', 'agent'],
    ['HELLO', 'token'],
    ['HELLO', 'revisions'],
    ['WELCOME', 'secret'],
    ['WELCOME', 'revisions'],
    ['RESUME', 'secret'],
    ['RESUMED', 'revisions'],
    ['GONE', 'rx'],
    ['AUTH', 'token'],
    ['CALL', 'deadlineMs'],
    ['ERROR', 'message'],
    ['SUBSCRIBE', 'cursor'],
    ['SUBSCRIBE', 'last'],
    ['GAP', 'to'],
    ['ENDED', 'message'],
    ['ENDED', 'retryAfterMs'],
    ['CHUNK', 'isFirst'],
    ['CHUNK', 'isLast'],
    ['CHUNK', 'isAbort'],
    ['CHUNK', 'bytes'],
  ])('has %s with and without %s', (kind, field) => {
    expect(isOptionalIn(kind, field)).toBe(true);
  });

  it.each<Kind>(['WELCOME', 'RESUMED'])('has %s with every limit told', (kind) => {
    for (const [name, { absent }] of Object.entries(SESSION_LIMITS)) {
      const told = [...valuesOf(kind, 'limits')].map(
        (limits) => (limits as Record<string, number>)[name],
      );
      expect([name, told.some((value) => value !== absent)]).toEqual([name, true]);
    }
  });

  it('has every bit of a head', () => {
    const heads = VECTORS.map(({ head }) => head);
    expect(heads.some(({ seq, ack, now }) => seq !== undefined && ack !== undefined && now)).toBe(
      true,
    );
    expect(heads.some(({ seq, ack }) => seq === undefined && ack !== undefined)).toBe(true);
    expect(heads.some((head) => Object.keys(head).length === 0)).toBe(true);
  });
});

const EXT_FIELDS = [
  'traceParent',
  'traceState',
  'idempotencyKey',
  'publishId',
  'asOf',
  'published',
  'retryAfterMs',
  'idleMs',
] as const satisfies readonly (keyof Extract<Message, { kind: 'CALL' }>)[];
