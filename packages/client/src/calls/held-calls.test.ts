import { expect, test } from 'vitest';
import { HeldCalls } from './held-calls.js';

function holding() {
  const held = new HeldCalls();
  const log: number[] = [];
  return { held, log, call: (n: number) => held.run(() => log.push(n)) };
}

test('calls in order what was held, in a microtask after the release', async () => {
  const { held, log, call } = holding();
  call(1);
  call(2);
  held.release();
  call(3);
  expect(log).toEqual([]);
  await Promise.resolve();
  expect(log).toEqual([1, 2, 3]);
  call(4);
  expect(log).toEqual([1, 2, 3, 4]);
});

test('holds nothing any more when nothing was held', () => {
  const { held, log, call } = holding();
  held.release();
  call(1);
  expect(log).toEqual([1]);
});

test('keeps the order of what held calls bring', async () => {
  const { held, log, call } = holding();
  held.run(() => call(3));
  call(1);
  held.release();
  await Promise.resolve();
  expect(log).toEqual([1, 3]);
});

test('forgets what was held, and calls at once from then on', async () => {
  const { held, log, call } = holding();
  call(1);
  held.release();
  held.drop();
  call(2);
  await Promise.resolve();
  expect(log).toEqual([2]);
});
