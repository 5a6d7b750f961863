import { describe, expect, it } from 'vitest';
import { FULL_CODEC } from '../full-codec.js';
import { resolveLimits, WIRE_LIMITS } from '../limits.js';
import { sizeOf } from '../message-encoder.js';
import { ENCODING, KINDS, type Kind, type Message } from '../message.js';
import { Outbox, type Outgoing } from './outbox.js';
import { SharedBatch } from './shared-batch.js';

const EMPTY = new Uint8Array(0);
const FREE = 16_384;
const LIMITS = resolveLimits(WIRE_LIMITS);

function result(id: number, size = 0): Message {
  return { kind: 'RESULT', id, encoding: ENCODING.BYTES, bytes: new Uint8Array(size) };
}

function topicMessage(size = 0): Message {
  const bytes = new Uint8Array(size);
  return { kind: 'MESSAGE', topic: 1, offset: 1, skipped: 0, encoding: ENCODING.BYTES, bytes };
}

function open(): Outbox {
  return new Outbox({ limits: LIMITS, side: 'client', ...FULL_CODEC, stamp: () => {} });
}

function take(outbox: Outbox, bytes: number, numbers: number): unknown[] {
  return outbox.take({ bytes, numbers, bulkBytes: 0, chunks: 0, tx: 0 });
}

describe('Outbox', () => {
  it('takes nothing from an empty one', () => {
    const outbox = open();
    expect(take(outbox, 65_536, FREE)).toEqual([]);
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });

  it('keeps the order of what was given', () => {
    const outbox = open();
    const messages = [result(0), topicMessage(), result(2), result(4)];
    for (const message of messages) outbox.push(message);
    expect(take(outbox, 65_536, FREE)).toEqual(messages);
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });

  it('puts control first, and what needs no number before what does', () => {
    const outbox = open();
    const credit: Message = { kind: 'CREDIT', id: 0, items: 9, bytes: 9 };
    const cancel: Message = { kind: 'CANCEL', id: 0, reason: 'withdrawn' };
    const ping: Message = { kind: 'PING', value: 1 };
    for (const message of [result(0), credit, result(2), cancel, ping]) outbox.push(message);
    expect(take(outbox, 65_536, FREE)).toEqual([credit, ping, cancel, result(0), result(2)]);
  });

  it('lets a heartbeat pass a cancel that waits for a number', () => {
    const outbox = open();
    const ping: Message = { kind: 'PING', value: 1 };
    for (const message of [{ kind: 'CANCEL', id: 0, reason: 'withdrawn' } as const, ping]) {
      outbox.push(message);
    }
    expect(take(outbox, 65_536, 0)).toEqual([ping]);
    expect(outbox.count).toBe(1);
  });

  it('takes as control what the order of writing names', () => {
    const isControl = (kind: Kind): boolean => {
      const outbox = open();
      outbox.push(result(0));
      const message = { ...result(2), ...topicMessage(), name: '', params: { bytes: EMPTY } };
      outbox.push({ ...message, message: '', code: '', token: '', kind } as unknown as Message);
      const [first] = take(outbox, 1, FREE) as [Message];
      return first.kind === kind && kind !== 'RESULT';
    };
    const control = (Object.keys(KINDS) as Kind[]).filter(isControl);
    const range = (Object.keys(KINDS) as Kind[]).filter((kind) => KINDS[kind] <= 0x0a);
    expect(control.toSorted()).toEqual([...range, 'CREDIT', 'CANCEL', 'VOID'].toSorted());
  });

  it('closes a batch before it passes the limit', () => {
    const outbox = open();
    for (let id = 0; id < 20; id += 2) outbox.push(result(id, 10_000));
    const first = take(outbox, 65_536, FREE);
    expect(first).toHaveLength(6);
    const sizes = first.map((message) => sizeOf(message as Message));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(65_536);
    expect(take(outbox, 65_536, FREE)).toHaveLength(4);
  });

  it('takes one message over the limit alone', () => {
    const outbox = open();
    const messages = [result(0), result(2, 200_000), result(4)];
    for (const message of messages) outbox.push(message);
    expect(take(outbox, 65_536, FREE)).toEqual([messages[0]]);
    expect(take(outbox, 65_536, FREE)).toEqual([messages[1]]);
    expect(take(outbox, 65_536, FREE)).toEqual([messages[2]]);
  });

  it('takes a shared batch alone, in its place', () => {
    const outbox = open();
    const shared = new SharedBatch();
    for (const content of [result(0), shared, shared, result(2)]) outbox.push(content);
    const batches = [1, 2, 3, 4].map(() => take(outbox, 65_536, FREE));
    expect(batches).toEqual([[result(0)], [shared], [shared], [result(2)]]);
    expect(batches[1]?.[0]).toBe(shared);
  });

  it('takes no more sequenced messages than there are numbers', () => {
    const outbox = open();
    for (const message of [result(0), topicMessage(), result(2), topicMessage()]) {
      outbox.push(message);
    }
    expect(take(outbox, 65_536, 1)).toEqual([result(0), topicMessage()]);
    expect(take(outbox, 65_536, 0)).toEqual([]);
    expect(take(outbox, 65_536, 1)).toEqual([result(2), topicMessage()]);
  });

  it('takes a shared batch and unnumbered messages without numbers', () => {
    const outbox = open();
    for (const content of [new SharedBatch(), topicMessage(), result(0)]) outbox.push(content);
    expect(take(outbox, 65_536, 0)).toHaveLength(1);
    expect(take(outbox, 65_536, 0)).toEqual([topicMessage()]);
    expect(take(outbox, 65_536, 0)).toEqual([]);
    expect(outbox.count).toBe(1);
  });

  it('gives back what was not taken, and only that', () => {
    const outbox = open();
    const first = outbox.push(result(0, 100));
    const second = outbox.push(result(2, 100));
    const third = outbox.push(result(4, 100));
    expect(outbox.withdraw(second)).toBe(true);
    expect(outbox.withdraw(second)).toBe(false);
    expect(outbox.count).toBe(2);
    expect(take(outbox, 65_536, FREE)).toEqual([first.content, third.content]);
    expect(outbox.withdraw(first)).toBe(false);
    expect([first.state, second.state, third.state]).toEqual(['written', 'withdrawn', 'written']);
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });

  it('counts what waits through many turns of its queue', () => {
    const outbox = open();
    const waiting: Outgoing[] = [];
    for (let round = 0; round < 1_000; round++) {
      for (let id = 0; id < 5; id++) waiting.push(outbox.push(result(round * 10 + id, round)));
      if (round % 3 === 0) outbox.withdraw(waiting.splice(2, 1)[0] as Outgoing);
      for (const entry of take(outbox, 400, 4)) expect(entry).toBe(waiting.shift()?.content);
      expect(outbox.count).toBe(waiting.length);
      expect(outbox.bytes).toBe(waiting.reduce((sum, { size }) => sum + size, 0));
    }
    while (waiting.length > 0) {
      for (const entry of take(outbox, 65_536, FREE)) expect(entry).toBe(waiting.shift()?.content);
    }
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });

  it('keeps a large message behind the small ones of its call that wait', () => {
    const outbox = open();
    outbox.cuts = true;
    for (let n = 0; n < 32; n++) outbox.push(result(10 + n * 2, 30_000));
    const small = outbox.push(result(4, 10));
    outbox.push(result(4, 40_000));
    const order: Message[] = [];
    for (;;) {
      const room = { bytes: 65_536, numbers: FREE, bulkBytes: 1_000_000, chunks: 1, tx: 0 };
      const taken = outbox.take(room) as Message[];
      if (taken.length === 0) break;
      order.push(...taken);
    }
    const firstChunk = order.findIndex(({ kind }) => kind === 'CHUNK');
    expect(firstChunk).toBeGreaterThan(order.indexOf(small.content as Message));
  });
});
