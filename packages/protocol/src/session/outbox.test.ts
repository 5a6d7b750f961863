import { describe, expect, it } from 'vitest';
import { ENCODING, KINDS, type Kind, type Message } from '../message.js';
import { Outbox, type Outgoing } from './outbox.js';

const EMPTY = new Uint8Array(0);
const FREE = 16_384;

function result(id: number, size = 0): Message {
  return { kind: 'RESULT', id, encoding: ENCODING.BYTES, bytes: new Uint8Array(size) };
}

function topicMessage(size = 0): Message {
  const bytes = new Uint8Array(size);
  return { kind: 'MESSAGE', topic: 1, offset: 1, skipped: 0, encoding: ENCODING.BYTES, bytes };
}

function contents(entries: readonly Outgoing[]): unknown[] {
  return entries.map(({ content }) => content);
}

describe('Outbox', () => {
  it('takes nothing from an empty one', () => {
    const outbox = new Outbox();
    expect(outbox.take(65_536, FREE)).toEqual([]);
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });

  it('keeps the order of what was given', () => {
    const outbox = new Outbox();
    const messages = [result(0), topicMessage(), result(2), result(4)];
    for (const message of messages) outbox.push(message);
    expect(contents(outbox.take(65_536, FREE))).toEqual(messages);
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });

  it('puts control first, and what needs no number before what does', () => {
    const outbox = new Outbox();
    const credit: Message = { kind: 'CREDIT', id: 0, items: 9, bytes: 9 };
    const cancel: Message = { kind: 'CANCEL', id: 0, reason: 'withdrawn' };
    const ping: Message = { kind: 'PING', value: 1 };
    for (const message of [result(0), credit, result(2), cancel, ping]) outbox.push(message);
    expect(contents(outbox.take(65_536, FREE))).toEqual([
      credit,
      ping,
      cancel,
      result(0),
      result(2),
    ]);
  });

  it('lets a heartbeat pass a cancel that waits for a number', () => {
    const outbox = new Outbox();
    const ping: Message = { kind: 'PING', value: 1 };
    for (const message of [{ kind: 'CANCEL', id: 0, reason: 'withdrawn' } as const, ping]) {
      outbox.push(message);
    }
    expect(contents(outbox.take(65_536, 0))).toEqual([ping]);
    expect(outbox.count).toBe(1);
  });

  it('takes as control what the order of writing names', () => {
    const isControl = (kind: Kind): boolean => {
      const outbox = new Outbox();
      outbox.push(result(0));
      const message = { ...result(2), ...topicMessage(), name: '', params: { bytes: EMPTY } };
      outbox.push({ ...message, message: '', code: '', token: '', kind } as unknown as Message);
      const [first] = outbox.take(1, FREE) as [Outgoing];
      return (first.content as Message).kind === kind && kind !== 'RESULT';
    };
    const control = (Object.keys(KINDS) as Kind[]).filter(isControl);
    const range = (Object.keys(KINDS) as Kind[]).filter((kind) => KINDS[kind] <= 0x0a);
    expect(control.toSorted()).toEqual([...range, 'CREDIT', 'CANCEL', 'VOID'].toSorted());
  });

  it('closes a batch before it passes the limit', () => {
    const outbox = new Outbox();
    for (let id = 0; id < 20; id += 2) outbox.push(result(id, 10_000));
    const first = outbox.take(65_536, FREE);
    expect(first).toHaveLength(6);
    expect(first.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(65_536);
    expect(outbox.take(65_536, FREE)).toHaveLength(4);
  });

  it('takes one message over the limit alone', () => {
    const outbox = new Outbox();
    const messages = [result(0), result(2, 200_000), result(4)];
    for (const message of messages) outbox.push(message);
    expect(contents(outbox.take(65_536, FREE))).toEqual([messages[0]]);
    expect(contents(outbox.take(65_536, FREE))).toEqual([messages[1]]);
    expect(contents(outbox.take(65_536, FREE))).toEqual([messages[2]]);
  });

  it('takes a shared batch alone, in its place', () => {
    const outbox = new Outbox();
    const shared = Uint8Array.of(0, 1, 2);
    for (const content of [result(0), shared, shared, result(2)]) outbox.push(content);
    const batches = [1, 2, 3, 4].map(() => contents(outbox.take(65_536, FREE)));
    expect(batches).toEqual([[result(0)], [shared], [shared], [result(2)]]);
    expect(batches[1]?.[0]).toBe(shared);
  });

  it('takes no more sequenced messages than there are numbers', () => {
    const outbox = new Outbox();
    for (const message of [result(0), topicMessage(), result(2), topicMessage()]) {
      outbox.push(message);
    }
    expect(contents(outbox.take(65_536, 1))).toEqual([result(0), topicMessage()]);
    expect(outbox.take(65_536, 0)).toEqual([]);
    expect(contents(outbox.take(65_536, 1))).toEqual([result(2), topicMessage()]);
  });

  it('takes a shared batch and unnumbered messages without numbers', () => {
    const outbox = new Outbox();
    for (const content of [Uint8Array.of(1), topicMessage(), result(0)]) outbox.push(content);
    expect(outbox.take(65_536, 0)).toHaveLength(1);
    expect(contents(outbox.take(65_536, 0))).toEqual([topicMessage()]);
    expect(outbox.take(65_536, 0)).toEqual([]);
    expect(outbox.count).toBe(1);
  });

  it('gives back what was not taken, and only that', () => {
    const outbox = new Outbox();
    const first = outbox.push(result(0, 100));
    const second = outbox.push(result(2, 100));
    const third = outbox.push(result(4, 100));
    expect(outbox.withdraw(second)).toBe(true);
    expect(outbox.withdraw(second)).toBe(false);
    expect(outbox.count).toBe(2);
    expect(outbox.take(65_536, FREE)).toEqual([first, third]);
    expect(outbox.withdraw(first)).toBe(false);
    expect([first.state, second.state, third.state]).toEqual(['written', 'withdrawn', 'written']);
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });

  it('counts what waits through many turns of its queue', () => {
    const outbox = new Outbox();
    const waiting: Outgoing[] = [];
    for (let round = 0; round < 1_000; round++) {
      for (let id = 0; id < 5; id++) waiting.push(outbox.push(result(round * 10 + id, round)));
      if (round % 3 === 0) outbox.withdraw(waiting.splice(2, 1)[0] as Outgoing);
      for (const entry of outbox.take(400, 4)) expect(entry).toBe(waiting.shift());
      expect(outbox.count).toBe(waiting.length);
      expect(outbox.bytes).toBe(waiting.reduce((sum, { size }) => sum + size, 0));
    }
    while (waiting.length > 0) {
      for (const entry of outbox.take(65_536, FREE)) expect(entry).toBe(waiting.shift());
    }
    expect([outbox.count, outbox.bytes]).toEqual([0, 0]);
  });
});
