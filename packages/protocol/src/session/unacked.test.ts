import { describe, expect, it } from 'vitest';
import { ENCODING, type Message } from '../message.js';
import type { Outgoing } from './bulk.js';
import { Unacked } from './unacked.js';

const ROOM = { bytes: 65_536, bulkBytes: 65_536, chunks: 4 };
const VOID: Message = { kind: 'VOID' };

function result(id: number, size = 0): Message {
  return { kind: 'RESULT', id, encoding: ENCODING.BYTES, bytes: new Uint8Array(size) };
}

function chunk(transfer: number, size: number, isLast = false): Message {
  const bytes = new Uint8Array(size);
  return { kind: 'CHUNK', transfer, isFirst: false, isLast, isAbort: false, size: 0, bytes };
}

function kept(...messages: Message[]): Unacked {
  const unacked = new Unacked();
  for (const message of messages) unacked.push(message);
  return unacked;
}

function entryOf(content: Message, number: number): Outgoing {
  return { content, number, size: 0, isBegun: false, state: 'written' };
}

describe('Unacked', () => {
  it('counts the bytes of payloads, and those of chunks apart', () => {
    const unacked = kept(result(0, 100), VOID, chunk(1, 50), result(2, 7));
    expect([unacked.count, unacked.bytes, unacked.chunkBytes]).toEqual([4, 107, 50]);
    unacked.trim(3);
    expect([unacked.count, unacked.bytes, unacked.chunkBytes]).toEqual([1, 7, 0]);
    unacked.trim(1);
    expect([unacked.count, unacked.bytes, unacked.chunkBytes]).toEqual([0, 0, 0]);
  });

  it('gives what is behind a place, as far as there is room', () => {
    const unacked = kept(...[0, 2, 4, 6].map((id) => result(id, 30_000)));
    expect(unacked.from(0, ROOM)).toEqual([result(0, 30_000), result(2, 30_000)]);
    expect(unacked.from(3, ROOM)).toEqual([result(6, 30_000)]);
    expect(unacked.from(4, ROOM)).toEqual([]);
  });

  it('gives one that is larger than the room, so that none stays for ever', () => {
    expect(kept(result(0, 90_000), VOID).from(0, ROOM)).toHaveLength(1);
  });

  it('gives no more chunks than the window has room for', () => {
    const unacked = kept(...[1, 2, 3, 4, 5, 6].map((transfer) => chunk(transfer, 10)));
    expect(unacked.from(0, { ...ROOM, chunks: 2 })).toHaveLength(2);
    expect(unacked.from(0, { ...ROOM, bulkBytes: 0 })).toEqual([]);
    expect(unacked.from(0, { ...ROOM, bulkBytes: 25 })).toHaveLength(2);
  });

  it('keeps the order over thousands that come and go', () => {
    const unacked = new Unacked();
    let [pushed, trimmed] = [0, 0];
    for (let round = 0; round < 500; round++) {
      for (let n = 0; n < (round % 7) + 1; n++) unacked.push(result(pushed++, 1));
      const count = Math.min(round % 6, unacked.count);
      unacked.trim(count);
      trimmed += count;
      expect([unacked.count, unacked.bytes]).toEqual([pushed - trimmed, pushed - trimmed]);
      const [first = result(trimmed)] = unacked.from(0, ROOM);
      expect(first).toMatchObject({ id: trimmed });
    }
  });

  it('replaces a call that is withdrawn, and no other one', () => {
    const call: Message = { kind: 'CALL', id: 2, procedure: 0, ...payload(40) };
    const unacked = kept(result(0, 10), call, result(4, 10));
    const entry = entryOf(call, 12);
    unacked.withdraw(entry, 10);
    expect(entry.state).toBe('void');
    expect(unacked.from(0, ROOM)).toEqual([result(0, 10), VOID, result(4, 10)]);
    expect(unacked.bytes).toBe(20);
  });

  it('aborts the transfer of a call that went in chunks, in place of its last piece', () => {
    const unacked = kept(chunk(7, 100), chunk(7, 60, true), VOID);
    const entry = entryOf({ kind: 'CALL', id: 0, procedure: 0, ...payload(160) }, 2);
    unacked.withdraw(entry, 0);
    const [first, last] = unacked.from(0, ROOM);
    expect(first).toEqual(chunk(7, 100));
    expect(last).toMatchObject({ transfer: 7, isAbort: true, isLast: false });
    expect([unacked.chunkBytes, entry.state]).toEqual([100, 'written']);
  });

  it('leaves alone what is acknowledged', () => {
    const call: Message = { kind: 'CALL', id: 2, procedure: 0, ...payload(4) };
    const unacked = kept(VOID, result(0));
    const entry = entryOf(call, 3);
    unacked.withdraw(entry, 3);
    expect(unacked.from(0, ROOM)).toEqual([VOID, result(0)]);
    expect(entry.state).toBe('written');
  });
});

function payload(size: number) {
  return { encoding: ENCODING.BYTES, bytes: new Uint8Array(size) };
}
