import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  encodeBatch,
  KINDS,
  takesNumber,
  Violation,
  type Message,
  VIOLATIONS,
  Writer,
  type Batch,
} from '@trunkline/protocol';
import {
  bytesOfHex,
  readBatchVectors,
  readHostileVectors,
  readMessageVectors,
} from './vector-json.js';

const MESSAGES = readMessageVectors();
const HOSTILE = readHostileVectors();

/** Messages whose body has no payload that runs to its end, so that each cut is seen. */
const WITH_PAYLOAD = new Set(['CALL', 'RESULT', 'ERROR', 'ITEM', 'END', 'MESSAGE', 'CHUNK']);
/** Messages that have no ext, so that not even an empty one may follow. */
const WITHOUT_EXT = new Set(['PING', 'PONG', 'CREDIT', 'UNSUBSCRIBE', 'CANCEL', 'VOID']);

function nameOf(bytes: Uint8Array): string | undefined {
  const batch = decodeBatch(bytes);
  return batch instanceof Violation ? batch.name : undefined;
}

/** Parts of a batch of one message: what is before its body, and the body. */
function partsOf(hex: string): { head: Uint8Array; kind: number; body: Uint8Array } {
  const bytes = bytesOfHex(hex);
  const bits = bytes[0] as number;
  const headSize = 1 + (bits & 1) * 2 + (bits & 2);
  let bodyStart = headSize + 1;
  while ((bytes[bodyStart] as number) >= 128) bodyStart++;
  return {
    head: bytes.subarray(0, headSize),
    kind: bytes[headSize] as number,
    body: bytes.subarray(bodyStart + 1),
  };
}

/** The batch again with another body, whose size is right. */
function withBody(hex: string, change: (body: Uint8Array) => Uint8Array): Uint8Array {
  const { head, kind, body } = partsOf(hex);
  const writer = new Writer();
  writer.bytes(head);
  writer.u8(kind);
  writer.sized(change(body));
  return writer.take();
}

describe('messages.json', () => {
  it.each(MESSAGES)('$name is read as it stands there', ({ hex, head, message }) => {
    const batch = decodeBatch(bytesOfHex(hex)) as Batch;
    expect(batch).toEqual({ now: false, ...head, messages: [message] });
  });

  it.each(MESSAGES)('$name is written as it stands there', ({ hex, head, message }) => {
    const bytes = encodeBatch(new Writer(), head, [message]);
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
  });

  it('has a vector of the same name for every message', () => {
    const shown = MESSAGES.filter(({ name, message }) => name === message.kind);
    expect(shown.map(({ name }) => name).toSorted()).toEqual(Object.keys(KINDS).toSorted());
    expect(new Set(MESSAGES.map(({ name }) => name)).size).toBe(MESSAGES.length);
  });

  it.each(MESSAGES)('$name is refused when it is cut anywhere', ({ hex, head }) => {
    const bytes = bytesOfHex(hex);
    const headSize = partsOf(hex).head.length;
    for (let size = 0; size < bytes.length; size++) {
      const isBare = size === headSize;
      // An acknowledgement may stand alone, and is all that is left of such a batch.
      const isWhole = isBare && head.ack !== undefined && head.seq === undefined;
      const bare = head.ack === undefined ? 'EMPTY_BATCH' : 'BAD_HEAD';
      const expected = isWhole ? undefined : isBare ? bare : 'TRUNCATED';
      expect([size, nameOf(bytes.subarray(0, size))]).toEqual([size, expected]);
    }
  });

  it.each(MESSAGES)('$name is refused or shorter when its body is cut', ({ hex, message }) => {
    const { body } = partsOf(hex);
    for (let size = 0; size < body.length; size++) {
      const batch = decodeBatch(withBody(hex, () => body.subarray(0, size)));
      const isRefused = batch instanceof Violation;
      expect(VIOLATIONS).toHaveProperty(isRefused ? batch.name : 'TRUNCATED');
      const [read] = isRefused ? [] : batch.messages;
      expect(read).not.toEqual(message);
      expect(read?.kind ?? message.kind).toBe(message.kind);
    }
  });

  it.each(MESSAGES.filter(({ message }) => !WITH_PAYLOAD.has(message.kind)))(
    '$name is refused with bytes behind its last field',
    ({ hex, message }) => {
      const isClosed = WITHOUT_EXT.has(message.kind) || hasExt(message);
      const more = isClosed ? [0] : [0, 0];
      expect(nameOf(withBody(hex, (body) => Uint8Array.of(...body, ...more)))).toBe('TRAILING');
    },
  );

  it.each(MESSAGES.filter(({ message }) => !WITH_PAYLOAD.has(message.kind) && !hasExt(message)))(
    '$name may be followed by an ext of optional tags if it has one at all',
    ({ hex, message }) => {
      const bytes = withBody(hex, (body) => Uint8Array.of(...body, 3, 0xf0, 1, 7));
      const isClosed = WITHOUT_EXT.has(message.kind);
      const expected = isClosed ? { name: 'TRAILING' } : { messages: [message] };
      expect(decodeBatch(bytes)).toMatchObject(expected);
    },
  );

  it.each(MESSAGES)('$name is refused with SEQ turned over', ({ hex, message }) => {
    const { head } = partsOf(hex);
    const rest = bytesOfHex(hex).subarray(head.length);
    const isNumbered = takesNumber(message);
    const turned = isNumbered ? Uint8Array.of(0, ...rest) : Uint8Array.of(1, 9, 0, ...rest);
    expect(nameOf(turned)).toBe('BAD_HEAD');
  });

  it('all fit together into one batch', () => {
    const { length } = MESSAGES;
    const writer = new Writer();
    writer.bytes(Uint8Array.of(1, 1, 0));
    for (const { hex } of MESSAGES) {
      writer.bytes(bytesOfHex(hex).subarray(partsOf(hex).head.length));
    }
    const batch = decodeBatch(writer.take()) as Batch;
    expect(batch.messages).toHaveLength(length);
    expect(batch.messages).toEqual(MESSAGES.map(({ message }) => message));
  });
});

describe('batches.json', () => {
  it.each(readBatchVectors())('$name is read as it stands there', ({ hex, head, messages }) => {
    const batch = decodeBatch(bytesOfHex(hex)) as Batch;
    expect(batch).toEqual({ now: false, ...head, messages });
  });

  it('names each vector once', () => {
    const names = readBatchVectors().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

function hasExt(message: Message): boolean {
  const asks = message.kind === 'HELLO' || message.kind === 'RESUME';
  return 'retryAfterMs' in message || (asks && message.idleMs !== undefined);
}

describe('hostile.json', () => {
  it.each(HOSTILE)('refuses $name with $violation', ({ hex, violation }) => {
    expect(nameOf(bytesOfHex(hex))).toBe(violation);
  });

  it('says of every way to break a batch what it is', () => {
    const seen = new Set(HOSTILE.map(({ violation }) => violation));
    expect([...seen].toSorted()).toEqual([
      'BAD_EXT',
      'BAD_FIELD',
      'BAD_FLAGS',
      'BAD_HEAD',
      'BAD_OFFSET',
      'BAD_TEXT',
      'BAD_VARINT',
      'EMPTY_BATCH',
      'TRAILING',
      'TRUNCATED',
      'UNKNOWN_KIND',
    ]);
  });

  it('names each vector once', () => {
    expect(new Set(HOSTILE.map(({ name }) => name)).size).toBe(HOSTILE.length);
  });
});
