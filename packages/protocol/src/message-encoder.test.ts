import { describe, expect, it } from 'vitest';
import { FULL_CODEC } from './full-codec.js';
import { Writer } from './bytes/writer.js';
import { resolveLimits, WIRE_LIMITS } from './limits.js';
import { encodeMessage, sizeOf } from './message-encoder.js';
import { ENCODING, type CallMessage, type Message } from './message.js';
import { Outbox } from './session/outbox.js';

const NOTHING = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
const BIG = Number.MAX_SAFE_INTEGER;
const HASH = 'ffffffffffffffff';
const EXT = {
  traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  traceState: 'x'.repeat(512),
  idempotencyKey: new Uint8Array(64),
};

function encodedSize(message: Message): number {
  const writer = new Writer();
  encodeMessage(writer, message, FULL_CODEC.encodeBody);
  return writer.size;
}

describe('sizeOf', () => {
  it.each<[string, Message]>([
    [
      'BIND',
      {
        kind: 'BIND',
        procedure: 4_095,
        procedureKind: 'call',
        name: `a.${'b'.repeat(126)}`,
        sendHash: HASH,
        receiveHash: HASH,
      },
    ],
    ['AUTH', { kind: 'AUTH', token: '中'.repeat(1_365) }],
    [
      'ERROR',
      {
        kind: 'ERROR',
        id: 0,
        executed: 'no',
        code: 'C'.repeat(64),
        message: '中'.repeat(341),
        ...NOTHING,
      },
    ],
    [
      'ENDED',
      { kind: 'ENDED', sub: 0, code: 'C'.repeat(64), message: '中'.repeat(341), retryAfterMs: BIG },
    ],
    [
      'HELLO',
      {
        kind: 'HELLO',
        features: 31,
        agent: 'a'.repeat(64),
        token: 't'.repeat(4_096),
        revisions: [],
      },
    ],
    [
      'SUBSCRIBED',
      {
        kind: 'SUBSCRIBED',
        sub: BIG,
        topic: BIG,
        state: 'gap',
        epoch: HASH,
        offset: BIG,
        top: BIG,
      },
    ],
    [
      'SUBSCRIBE',
      {
        kind: 'SUBSCRIBE',
        sub: 9_999,
        name: `a.${'b'.repeat(126)}`,
        params: { encoding: ENCODING.SUPERJSON, bytes: new Uint8Array(500) },
        payloadHash: HASH,
        cursor: { epoch: HASH, offset: BIG },
        last: 10_000,
      },
    ],
    [
      'a CALL with all that may stand beside its payload',
      { kind: 'CALL', id: 510, procedure: 4_095, deadlineMs: 30_000, ...NOTHING, ...EXT },
    ],
    [
      'CHUNK',
      {
        kind: 'CHUNK',
        transfer: 9,
        isFirst: true,
        isLast: false,
        isAbort: false,
        size: BIG,
        bytes: new Uint8Array(16_384),
      },
    ],
  ])('is not below what %s takes', (_name, message) => {
    expect(sizeOf(message)).toBeGreaterThanOrEqual(encodedSize(message));
  });

  it('keeps a batch of many small calls with trace and key below the limit of a batch', () => {
    const limits = resolveLimits(WIRE_LIMITS);
    const outbox = new Outbox({ limits, side: 'client', ...FULL_CODEC, stamp: () => {} });
    const call: CallMessage = { kind: 'CALL', id: 0, procedure: 0, ...NOTHING, ...EXT };
    for (let count = 0; count < 5_000; count++) outbox.push(call);
    const room = { bytes: 65_536, numbers: 16_384, bulkBytes: 0, chunks: 0, tx: 0 };
    const writer = new Writer();
    for (const message of outbox.take(room))
      encodeMessage(writer, message as Message, FULL_CODEC.encodeBody);
    expect(writer.size).toBeLessThanOrEqual(65_536);
    expect(writer.size).toBeGreaterThan(32_768);
  });
});
