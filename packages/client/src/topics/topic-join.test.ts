import { describe, expect, test } from 'vitest';
import { askFor, clipGap, isOlder, joinAt, type Answer, type Need } from './topic-join.js';

const E = '00000000000000e0';
const F = '00000000000000f0';
const NOW: Need = { kind: 'now' };
const last = (count: number): Need => ({ kind: 'last', count });
const from = (offset: number, epoch = E): Need => ({ kind: 'from', cursor: { epoch, offset } });
const at = (offset: number, epoch = E) => ({ epoch, offset });

describe('askFor', () => {
  test.each<[string, Need[], ReturnType<typeof at> | undefined, object]>([
    ['nothing for who wants what comes now', [NOW, NOW], undefined, {}],
    ['the most of the kept messages', [last(5), NOW, last(20)], undefined, { last: 20 }],
    ['the oldest cursor', [from(7), from(3), NOW], undefined, { cursor: at(3) }],
    [
      'a cursor, and kept messages if it is of no use',
      [from(7), last(2)],
      undefined,
      {
        cursor: at(7),
        last: 2,
      },
    ],
    [
      'the cursor of the first epoch where they differ',
      [from(7), from(3, F)],
      undefined,
      {
        cursor: at(7),
      },
    ],
    ['the epoch that was seen last', [from(7), from(3, F)], at(9, F), { cursor: at(3, F) }],
    [
      'kept messages as a place, where one is known',
      [from(40), last(10)],
      at(40),
      {
        cursor: at(30),
        last: 10,
      },
    ],
    [
      'an older cursor before kept messages',
      [from(5), last(10)],
      at(40),
      {
        cursor: at(5),
        last: 10,
      },
    ],
    ['no place before the first', [last(10)], at(4), { cursor: at(0), last: 10 }],
  ])('asks for %s', (...[, needs, place, expected]) => {
    expect(askFor(needs, place)).toEqual({ cursor: undefined, last: undefined, ...expected });
  });
});

describe('isOlder', () => {
  test.each<[string, Need, boolean]>([
    ['what comes now', NOW, false],
    ['kept messages', last(1), true],
    ['no kept messages', last(0), false],
    ['an earlier place', from(9), true],
    ['this place', from(10), false],
    ['a later place', from(11), false],
    ['a place in another epoch', from(3, F), false],
  ])('of %s', (_, need, expected) => {
    expect(isOlder(need, at(10))).toBe(expected);
  });

  test('is nothing where nothing was published yet', () => {
    expect(isOlder(last(5), at(0))).toBe(false);
  });
});

describe('joinAt', () => {
  const answer = (change: Partial<Answer>): Answer => {
    return { state: 'recovered', epoch: E, offset: 10, top: 20, gap: undefined, ...change };
  };
  const gap = (low: number, high: number | undefined, epoch = E) => {
    return { epoch, from: low, to: high, reason: 'expired' } as const;
  };
  const fresh = (count: number) => ({ kind: 'fresh', count });

  test.each<[string, Need, Answer, object, object]>([
    ['now begins behind the newest', NOW, answer({}), at(20), fresh(0)],
    ['kept messages begin so many before the newest', last(4), answer({}), at(16), fresh(4)],
    [
      'kept messages begin where the server says, who asked for these alone',
      last(4),
      answer({ onlyLast: 4 }),
      at(10),
      fresh(10),
    ],
    ['kept messages begin where there are some', last(400), answer({}), at(10), fresh(10)],
    [
      'kept messages begin behind what is gone',
      last(400),
      answer({ state: 'gap', offset: 2, gap: gap(3, 12) }),
      at(12),
      fresh(8),
    ],
    ['a cursor is recovered', from(12), answer({}), at(12), { kind: 'recovered', count: 8 }],
    ['a cursor ahead waits there', from(30), answer({}), at(30), { kind: 'recovered', count: 0 }],
    [
      'a cursor of a topic that keeps nothing',
      from(4),
      answer({ state: 'fresh' }),
      at(10),
      fresh(10),
    ],
    [
      'a cursor with a gap',
      from(4),
      answer({ state: 'gap', offset: 4, gap: gap(5, 12) }),
      at(12),
      { kind: 'gap', ...gap(5, 12) },
    ],
    [
      'a cursor within the gap of an older one',
      from(8),
      answer({ state: 'gap', offset: 4, gap: gap(5, 12) }),
      at(12),
      { kind: 'gap', ...gap(9, 12) },
    ],
    [
      'a cursor behind the gap of an older one',
      from(12),
      answer({ state: 'gap', offset: 4, gap: gap(5, 12) }),
      at(12),
      { kind: 'recovered', count: 8 },
    ],
    [
      'a gap whose end nobody knows',
      from(4),
      answer({ state: 'gap', gap: gap(5, undefined) }),
      at(10),
      { kind: 'gap', ...gap(5, undefined) },
    ],
    [
      'a cursor of an epoch that is over',
      from(4, F),
      answer({ state: 'gap', gap: { ...gap(5, undefined, F), reason: 'epoch' } }),
      at(10),
      { kind: 'gap', epoch: F, from: 5, to: undefined, reason: 'epoch' },
    ],
    [
      'a cursor of an epoch that nobody was asked for',
      from(4, F),
      answer({}),
      at(10),
      { kind: 'gap', epoch: F, from: 5, to: undefined, reason: 'epoch' },
    ],
    [
      'a cursor of another epoch, of a topic that keeps nothing',
      from(4, F),
      answer({ state: 'fresh' }),
      at(10),
      fresh(10),
    ],
  ])('%s', (...[, need, given, place, joined]) => {
    expect(joinAt(need, given, false)).toEqual({ place, joined });
  });

  test('who was live all the time is told of a step ahead', () => {
    const given = answer({ state: 'fresh', offset: 10 });
    expect(joinAt(from(7), given, true).joined).toEqual({
      kind: 'gap',
      epoch: E,
      from: 8,
      to: 10,
      reason: 'expired',
    });
    expect(joinAt(from(10), given, true).joined).toEqual(fresh(10));
    expect(joinAt(from(7, F), given, true).joined).toEqual(fresh(10));
  });
});

describe('clipGap', () => {
  const gap = { epoch: E, from: 5, to: 9, reason: 'slow' } as const;

  test('leaves out what lies before the place', () => {
    expect(clipGap(at(2), gap)).toEqual(gap);
    expect(clipGap(at(6), gap)).toEqual({ ...gap, from: 7 });
    expect(clipGap(at(9), gap)).toBeUndefined();
    expect(clipGap(at(6), { ...gap, to: undefined })).toMatchObject({ from: 7, to: undefined });
  });

  test('has nothing to say in another epoch', () => {
    expect(clipGap(at(2, F), gap)).toBeUndefined();
    expect(clipGap(at(2), undefined)).toBeUndefined();
  });
});
