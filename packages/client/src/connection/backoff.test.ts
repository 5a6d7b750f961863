import { expect, test } from 'vitest';
import { backoffMs, notBefore } from './backoff.js';

const RANGE = { minMs: 250, maxMs: 20_000 };

test('never waits less than the shortest delay', () => {
  for (const failures of [1, 2, 10, 1_000]) expect(backoffMs(failures, RANGE, 0)).toBe(250);
});

test('doubles its bound with each failure, up to the longest delay', () => {
  const bounds = [1, 2, 3, 7, 50, 5_000].map((failures) => backoffMs(failures, RANGE, 1));
  expect(bounds).toEqual([500, 1_000, 2_000, 20_000, 20_000, 20_000]);
});

test('spreads evenly in between', () => {
  expect(backoffMs(2, RANGE, 0.5)).toBe(625);
});

test('stays at one delay when shortest and longest are the same', () => {
  expect(backoffMs(3, { minMs: 100, maxMs: 100 }, 0.7)).toBe(100);
});

test('is never before the time that a server names, and at most a second behind it', () => {
  expect([0, 1].map((random) => notBefore(10, random))).toEqual([10, 30]);
  expect([0, 1].map((random) => notBefore(400, random))).toEqual([400, 500]);
  expect([0, 1].map((random) => notBefore(60_000, random))).toEqual([60_000, 61_000]);
});
