import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch, encodeBatchParts } from './full-codec.js';
import { takesNumber, type Batch, type BatchHead } from './batch.js';
import { Writer } from './bytes/writer.js';
import { isOptional, isSequenced, KINDS, type Message } from './message.js';
import { Violation } from './violation.js';

const PING: Message = { kind: 'PING', value: 7 };
const VOID: Message = { kind: 'VOID' };

function read(hex: string): Batch | Violation {
  return decodeBatch(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
}

function violationOf(hex: string): string | undefined {
  const batch = read(hex);
  return batch instanceof Violation ? batch.name : undefined;
}

function hexOf(head: BatchHead, messages: Message[]): string {
  return Buffer.from(encodeBatch(new Writer(), head, messages)).toString('hex');
}

describe('encodeBatchParts', () => {
  it.each([4_095, 4_096, 16_384])('gives the same bytes, with pieces of %i', (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index % 251);
    const chunk = { kind: 'CHUNK', transfer: 300, isLast: false, isAbort: false, bytes } as const;
    const messages: Message[] = [
      PING,
      { ...chunk, isFirst: true, size: 100_000 },
      { ...chunk, isFirst: false, size: 0 },
      VOID,
    ];
    const parts = encodeBatchParts(new Writer(), { seq: 7, ack: 3, now: true }, messages);
    const whole = encodeBatch(new Writer(), { seq: 7, ack: 3, now: true }, messages);
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    expect(parts.filter((part) => part === bytes)).toHaveLength(size < 4_096 ? 0 : 2);
  });
});

describe('encodeBatch', () => {
  it('writes the shortest batches that there are', () => {
    expect(hexOf({ ack: 5 }, [])).toBe('020500');
    expect(hexOf({}, [PING])).toBe('000704' + '07000000');
    expect(hexOf({ seq: 1 }, [VOID])).toBe('010100' + '5800');
  });

  it('writes low bits of the numbers only', () => {
    expect(hexOf({ seq: 0x12345, ack: 0xabcdef, now: true }, [VOID])).toBe('074523efcd' + '5800');
  });

  it('counts the bytes of a body longer than it guessed', () => {
    const token = 'x'.repeat(300);
    const batch = decodeBatch(encodeBatch(new Writer(), {}, [{ kind: 'AUTH', token }]));
    expect(batch).toMatchObject({ messages: [{ kind: 'AUTH', token }] });
  });
});

describe('decodeBatch', () => {
  it('reads what is in the head', () => {
    expect(read('07 0102 0304 5800')).toEqual({
      seq: 0x0201,
      ack: 0x0403,
      now: true,
      messages: [VOID],
    });
    expect(read('02 0304')).toEqual({ seq: undefined, ack: 0x0403, now: false, messages: [] });
    expect(read('04 0704 07000000')).toMatchObject({ now: true, messages: [PING] });
  });

  it('keeps the messages in their order', () => {
    const batch = read('01 0100 0704 07000000 5800 0704 07000000') as Batch;
    expect(batch.messages).toEqual([PING, VOID, PING]);
    expect(batch.messages.map(takesNumber)).toEqual([false, true, false]);
  });

  it('skips optional messages that it does not know, and counts those that have a number', () => {
    const batch = read('01 0100 bf 03 010203 f0 00 ff 01 00') as Batch;
    expect(batch.messages).toEqual([
      { kind: 'SKIPPED', sequenced: false },
      { kind: 'SKIPPED', sequenced: true },
      { kind: 'SKIPPED', sequenced: true },
    ]);
    expect(batch.messages.map(takesNumber)).toEqual([false, true, true]);
  });

  it.each([
    ['no bytes', '', 'TRUNCATED'],
    ['a head alone', '00', 'EMPTY_BATCH'],
    ['NOW alone', '04', 'EMPTY_BATCH'],
    ['a head with an unknown bit', '08 0000', 'BAD_HEAD'],
    ['a head with all bits', 'ff 0000 0000', 'BAD_HEAD'],
    ['SEQ without a sequenced message', '01 0100 0704 07000000', 'BAD_HEAD'],
    ['SEQ and ACK without a message', '03 0100 0100', 'BAD_HEAD'],
    ['SEQ alone', '01 0100', 'EMPTY_BATCH'],
    ['a sequenced message without SEQ', '00 5800', 'BAD_HEAD'],
    ['a skipped sequenced message without SEQ', '00 f0 00', 'BAD_HEAD'],
    ['SEQ for a skipped message without a number', '01 0100 bf 00', 'BAD_HEAD'],
    ['a head cut in its number', '01 01', 'TRUNCATED'],
    ['a head cut in its acknowledgement', '02 01', 'TRUNCATED'],
    ['an unknown mandatory message', '00 3f 00', 'UNKNOWN_KIND'],
    ['an unknown mandatory sequenced message', '01 0100 7f 00', 'UNKNOWN_KIND'],
    ['kind 0', '00 00 00', 'UNKNOWN_KIND'],
    ['a message without its size', '00 07', 'TRUNCATED'],
    ['a message longer than the batch', '00 07 05 07000000', 'TRUNCATED'],
    ['a size of 2^53 - 1', '00 07 ffffffffffffff0f', 'TRUNCATED'],
    ['a size in a longer form', '00 07 8400 07000000', 'BAD_VARINT'],
    ['bytes left in a body', '00 07 05 0700000000', 'TRAILING'],
    ['a good message and then a bad one', '00 0704 07000000 3f 00', 'UNKNOWN_KIND'],
    ['a good message and then half a one', '00 0704 07000000 07', 'TRUNCATED'],
  ])('refuses %s', (_what, hex, name) => {
    expect(violationOf(hex)).toBe(name);
  });

  it('skips the optional form of a kind that it knows', () => {
    expect(read('00 87 00')).toMatchObject({ messages: [{ kind: 'SKIPPED', sequenced: false }] });
  });

  it('gives payloads as views of what it was given', () => {
    const bytes = Uint8Array.from(Buffer.from('01010052040003aabb', 'hex'));
    const batch = decodeBatch(bytes) as Batch;
    bytes[8] = 0xcc;
    expect(batch.messages).toMatchObject([{ kind: 'RESULT', bytes: Uint8Array.of(0xaa, 0xcc) }]);
  });
});

describe('KINDS', () => {
  it('gives every message a byte of its own, and makes none of this version optional', () => {
    const bytes = Object.values(KINDS);
    expect(new Set(bytes).size).toBe(bytes.length);
    expect(bytes.some(isOptional)).toBe(false);
  });

  it('numbers the messages that must not be lost', () => {
    const sequenced = Object.entries(KINDS).filter(([, byte]) => isSequenced(byte));
    expect(sequenced.map(([name]) => name).toSorted()).toEqual([
      'BIND',
      'CALL',
      'CANCEL',
      'CHUNK',
      'END',
      'ERROR',
      'ITEM',
      'RESULT',
      'VOID',
    ]);
  });
});
