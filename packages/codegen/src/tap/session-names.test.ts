import { describe, expect, it } from 'vitest';
import { SessionBook, SessionNames } from './session-names.js';

describe('SessionNames', () => {
  it('tells which numbers of a direction were seen before, past 16 bits too', () => {
    const names = new SessionNames();
    expect(names.count('up', 1, [true, false, true])).toEqual([false, false, false]);
    expect(names.count('up', 2, [true, true])).toEqual([true, false]);
    expect(names.count('down', 1, [true])).toEqual([false]);
    for (let seq = 4; seq < 70_000; seq += 1_000) {
      names.count(
        'up',
        seq & 0xffff,
        Array.from({ length: 1_000 }, () => true),
      );
    }
    expect(names.count('up', 70_003 & 0xffff, [true, true])).toEqual([true, false]);
  });

  it('begins with any number where the beginning was not seen', () => {
    const names = new SessionNames(true);
    expect(names.count('up', 40_000, [true, true])).toEqual([false, false]);
    expect(names.count('up', 40_001, [true, true])).toEqual([true, false]);
  });

  it('remembers no more calls than a peer can have, however many it makes', () => {
    const names = new SessionNames();
    const call = (id: number) => ({ kind: 'CALL', id, procedure: 0 }) as never;
    for (let id = 0; id < 20_000; id++) names.call('up', call(id), 0);
    expect(names.callOf(19_999)).toBeDefined();
    expect(names.callOf(0)).toBeUndefined();
  });
});

describe('SessionBook', () => {
  it('knows a session again, and marks one whose beginning was not seen', () => {
    const book = new SessionBook();
    const names = new SessionNames();
    book.begin('s-1', names);
    expect(book.resume('s-1')).toBe(names);
    expect(book.resume('s-2').isPartial).toBe(true);
    expect(book.resume('s-2')).toBe(book.resume('s-2'));
  });
});
