import * as fc from 'fast-check';
import {
  encodeBatch,
  KINDS,
  SESSION_LIMITS,
  STORED,
  takesNumber,
  Writer,
  type BatchHead,
  type ExtFields,
  type Kind,
  type Message,
  type Payload,
  type SessionLimits,
} from '@trunkline/protocol';
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

const MAX = Number.MAX_SAFE_INTEGER;

const number = fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.constant(MAX));
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const hash = fc
  .bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
  .map((bits) => bits.toString(16).padStart(16, '0'));
const bytes = fc.uint8Array({ maxLength: 300 });

function text(maxBytes: number): fc.Arbitrary<string> {
  const any = fc.string({ unit: 'binary', maxLength: Math.min(maxBytes, 200) });
  return any.filter((value) => Buffer.byteLength(value) <= maxBytes);
}

const segment = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,13}$/);
const name = fc.array(segment, { minLength: 2, maxLength: 8 }).map((parts) => parts.join('.'));
const code = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,63}$/);

const payload: fc.Arbitrary<Payload> = fc.oneof(
  fc.constant({ encoding: 0, bytes: new Uint8Array(0) } as const),
  fc.record({ encoding: fc.constantFrom(2 as const, 3 as const), bytes }),
);

const place = { epoch: hash, offset: number };
const extFields = {
  traceParent: text(64),
  traceState: text(512),
  idempotencyKey: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  publishId: fc.record({ publisher: text(64), counter: number }),
  asOf: fc.record(place),
  published: fc.record({ ...place, stored: fc.constantFrom(...STORED), duplicate: fc.boolean() }),
  retryAfterMs: number,
};
/** Of HELLO and RESUME. */
const wish = fc.record({ idleMs: number }, { requiredKeys: [] });
const ext: fc.Arbitrary<ExtFields> = fc.oneof(
  fc.constant({}),
  fc.record(extFields, { requiredKeys: [] }),
);

const revisions = fc.array(fc.record({ name: text(128), revision: hash }), { maxLength: 64 });
const limits = fc.record(
  Object.fromEntries(
    Object.entries(SESSION_LIMITS).map(([key, { absent }]) => [
      key,
      fc.oneof(fc.constant(absent), number),
    ]),
  ),
) as unknown as fc.Arbitrary<SessionLimits>;
const secret = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
);
const terms = { ttlMs: number, expiresInMs: number, idleMs: number, limits, revisions };

type Fields = Record<string, fc.Arbitrary<unknown>>;

function optional(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.option(value, { nil: undefined });
}

/** Gives two numbers, the first not above the second. */
function ascending(low: string, high: string): fc.Arbitrary<Record<string, number>> {
  return fc
    .tuple(number, number)
    .map(([a, b]) => ({ [low]: Math.min(a, b), [high]: Math.max(a, b) }));
}

/** A message with an ext and a payload beside the fields. */
function withPayload(fields: Fields): fc.Arbitrary<object> {
  return fc
    .tuple(fc.record(fields), payload, ext)
    .map(([own, carried, more]) => ({ ...own, ...carried, ...more }));
}

function withParts(fields: Fields, ...parts: fc.Arbitrary<object>[]): fc.Arbitrary<object> {
  return fc.tuple(fc.record(fields), ...parts).map((all) => Object.assign({}, ...all) as object);
}

const call = withPayload({ id: number, procedure: number });
const offsets = ascending('skipped', 'offset').map(({ skipped = 0, offset = 0 }) => ({
  skipped: skipped === offset ? 0 : skipped,
  offset: Math.max(offset, 1),
}));
const range = ascending('from', 'to').chain(({ from = 0, to = 0 }) =>
  fc.constantFrom({ from, to: undefined }, { from, to: Math.max(to, 1) }),
);
const chunk = fc
  .record({
    transfer: number,
    isFirst: fc.boolean(),
    isLast: fc.boolean(),
    isAbort: fc.boolean(),
    size: number,
    bytes,
  })
  .map((piece) => ({ ...piece, size: piece.isFirst ? piece.size : 0 }));
const params = fc.oneof(
  fc.constant({ encoding: 0, bytes: new Uint8Array(0) }),
  fc.record({ encoding: fc.constant(2), bytes }),
);

const BODIES: Readonly<Record<Kind, fc.Arbitrary<object>>> = {
  HELLO: withParts({ features: number, agent: text(64), token: text(4_096), revisions }, wish),
  WELCOME: fc.record({ features: number, session: text(128), secret, ...terms }),
  RESUME: withParts(
    {
      features: number,
      token: text(4_096),
      session: text(128),
      attach: number,
      secret,
      rx: number,
      first: number,
      revisions,
    },
    wish,
  ),
  RESUMED: fc.record({ features: number, rx: number, ...terms }),
  GONE: fc.record({
    reason: fc.constantFrom(...GONE_REASONS),
    rx: optional(number.map((rx) => Math.min(rx, MAX - 1))),
  }),
  GOAWAY: fc.record({
    reason: fc.constantFrom(...GOAWAY_REASONS),
    afterMs: number,
    windowMs: number,
  }),
  PING: fc.record({ value: u32 }),
  PONG: fc.record({ value: u32 }),
  AUTH: fc.record({ token: text(4_096) }),
  AUTHED: fc.record({ expiresInMs: number }),
  CREDIT: fc.record({ id: number, items: number, bytes: number }),
  SUBSCRIBE: fc.record({
    sub: number,
    name,
    params,
    payloadHash: hash,
    cursor: optional(fc.record(place)),
    last: optional(fc.nat(10_000)),
  }),
  SUBSCRIBED: withParts(
    { sub: number, topic: number, state: fc.constantFrom(...JOIN_STATES), epoch: hash },
    ascending('offset', 'top'),
  ),
  UNSUBSCRIBE: fc.record({ sub: number }),
  MESSAGE: fc
    .tuple(withPayload({ topic: number }), offsets)
    .map(([message, at]) => ({ ...message, ...at })),
  GAP: withParts({ sub: number, epoch: hash, reason: fc.constantFrom(...GAP_REASONS) }, range),
  ENDED: withParts({ sub: number, code, message: text(1_024) }, ext),
  STALE: fc.record({ sub: number, reason: fc.constantFrom(...STALE_REASONS) }),
  BIND: fc.record({
    procedure: number,
    procedureKind: fc.constantFrom(...PROCEDURE_KINDS),
    name,
    sendHash: hash,
    receiveHash: hash,
  }),
  CALL: fc
    .tuple(call, optional(u32))
    .map(([own, deadlineMs]) => (deadlineMs === undefined ? own : { ...own, deadlineMs })),
  RESULT: withPayload({ id: number }),
  ERROR: withPayload({
    id: number,
    executed: fc.constantFrom(...EXECUTED),
    code,
    message: text(1_024),
  }),
  CANCEL: fc.record({ id: number, reason: fc.constantFrom(...CANCEL_REASONS) }),
  ITEM: withPayload({ id: number }),
  END: withPayload({ id: number }),
  CHUNK: chunk,
  VOID: fc.constant({}),
};

/** Any message of one kind that an encoder may write. */
export function arbitraryMessageOf(kind: Kind): fc.Arbitrary<Message> {
  return BODIES[kind].map((body) => ({ ...body, kind }) as Message);
}

/** Any message of any kind. */
export const arbitraryMessage: fc.Arbitrary<Message> = fc.oneof(
  ...(Object.keys(KINDS) as Kind[]).map(arbitraryMessageOf),
);

/** A batch as it may be written: its head, its messages, and the bytes of both. */
export interface WrittenBatch {
  readonly head: BatchHead;
  readonly messages: readonly Message[];
  readonly bytes: Uint8Array;
}

/** Any batch that an encoder may write. */
export const arbitraryBatch: fc.Arbitrary<WrittenBatch> = fc
  .record({
    messages: fc.array(arbitraryMessage, { maxLength: 6 }),
    seq: u16,
    ack: fc.option(u16, { nil: undefined }),
    now: fc.boolean(),
  })
  .map(({ messages, seq, ack, now }) => {
    const head = {
      seq: messages.some(takesNumber) ? seq : undefined,
      ack: messages.length === 0 ? (ack ?? 0) : ack,
      now,
    };
    return { head, messages, bytes: encodeBatch(new Writer(), head, messages) };
  });
