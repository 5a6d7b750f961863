import { describe, expect, it } from 'vitest';
import { Violation } from '../violation.js';
import { Positions } from './positions.js';

function positionsOf(fields: Partial<Positions>): Positions {
  return Object.assign(new Positions(), fields);
}

describe('Positions.first', () => {
  it.each([
    ['the first of all', 0, 1, 1],
    ['the next one', 9, 10, 10],
    ['a duplicate of the last', 9, 9, 9],
    ['a duplicate of the first', 9, 1, 1],
    ['the next one behind the turn of 16 bits', 0xffff, 0, 0x10000],
    ['the next one far behind it', 0x5ffff, 0, 0x60000],
    ['a duplicate from before the turn', 0x10003, 0xfffe, 0xfffe],
    ['the oldest that half of 16 bits can mean', 0x8000, 1, 1],
  ])('takes %s', (_what, ...[rx, seq, number]) => {
    expect(positionsOf({ rx }).first(seq)).toBe(number);
  });

  it.each([
    ['one too high', 0, 2],
    ['one too high behind the turn', 0xffff, 1],
    ['number 0', 0, 0],
    ['a number below 1', 2, 0xffff],
    ['half of 16 bits ahead', 100, 101 + 0x7fff],
    ['half of 16 bits behind the start', 5, 6 + 0x8000],
  ])('refuses %s', (_what, rx, seq) => {
    expect(positionsOf({ rx }).first(seq & 0xffff)).toEqual(new Violation('BAD_SEQ'));
  });

  it('changes nothing', () => {
    const positions = positionsOf({ rx: 5 });
    positions.first(6);
    positions.first(8);
    expect(positions.rx).toBe(5);
  });

  it('agrees with arithmetic over full numbers, at every place of 16 bits', () => {
    for (let rx = 0xfff0; rx < 0x10010; rx++) {
      const positions = positionsOf({ rx });
      for (let behind = 0; behind < 40; behind++) {
        const number = rx + 1 - behind;
        expect(positions.first(number & 0xffff)).toBe(number);
      }
      for (let ahead = 1; ahead < 40; ahead++) {
        expect(positions.first((rx + 1 + ahead) & 0xffff)).toBeInstanceOf(Violation);
      }
    }
  });
});

describe('Positions.acknowledge', () => {
  it.each([
    ['nothing new', 3, 9, 3, 3],
    ['one', 3, 9, 4, 4],
    ['all', 3, 9, 9, 9],
    ['across the turn of 16 bits', 0xfffe, 0x10005, 3, 0x10003],
    ['a whole window', 10, 10 + 16_384, 10 + 16_384, 10 + 16_384],
  ])('takes an acknowledgement of %s', (_what, ...[acked, tx, ack, now]) => {
    const positions = positionsOf({ acked, tx });
    expect(positions.acknowledge(ack & 0xffff)).toBeUndefined();
    expect(positions.acked).toBe(now);
    expect(positions.unacked).toBe(tx - now);
  });

  it.each([
    ['of what was not sent', 3, 9, 10],
    ['from before', 3, 9, 2],
    ['of anything when nothing was sent', 0, 0, 1],
    ['across the turn of what was not sent', 0xfffe, 0x10002, 3],
  ])('refuses an acknowledgement %s', (_what, ...[acked, tx, ack]) => {
    const positions = positionsOf({ acked, tx });
    expect(positions.acknowledge(ack)).toEqual(new Violation('BAD_ACK'));
    expect(positions.acked).toBe(acked);
  });

  it('names one number only while no more than the window is un-acknowledged', () => {
    const positions = positionsOf({ acked: 0xfff0, tx: 0xfff0 + 16_384 });
    for (let number = positions.acked; number <= positions.tx; number += 97) {
      const copy = positionsOf({ acked: positions.acked, tx: positions.tx });
      expect(copy.acknowledge(number & 0xffff)).toBeUndefined();
      expect(copy.acked).toBe(number);
    }
  });
});

describe('Positions.owesAck', () => {
  it('says whether something was received and not acknowledged', () => {
    expect(new Positions().owesAck).toBe(false);
    expect(positionsOf({ rx: 4, ackedBack: 3 }).owesAck).toBe(true);
    expect(positionsOf({ rx: 4, ackedBack: 4 }).owesAck).toBe(false);
  });
});
