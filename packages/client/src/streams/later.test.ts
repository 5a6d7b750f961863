import { expect, test } from 'vitest';
import { Later } from './later.js';

test('gives what it was settled with before anybody asked', async () => {
  const later = new Later<number>();
  later.resolve(1);
  expect(later.isAskedFor).toBe(false);
  await expect(later.promise).resolves.toBe(1);
});

test('gives what it is settled with later', async () => {
  const later = new Later<number>();
  const { promise } = later;
  later.resolve(2);
  await expect(promise).resolves.toBe(2);
  expect(later.promise).toBe(promise);
});

test('keeps to the first settlement', async () => {
  const later = new Later<number>();
  later.reject(new Error('first'));
  later.resolve(3);
  later.reject(new Error('second'));
  await expect(later.promise).rejects.toThrow('first');
});

test('needs nobody who handles its failure', async () => {
  const later = new Later<number>();
  const { promise } = later;
  later.reject(new Error('unseen'));
  await Promise.resolve();
  await expect(promise).rejects.toThrow('unseen');
});
