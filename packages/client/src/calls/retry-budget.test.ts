import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.js';

test('allows five refusals in a row, and no more', () => {
  const budget = new RetryBudget();
  const allowed = Array.from({ length: 8 }, () => budget.refused());
  expect(allowed).toEqual([true, true, true, true, true, false, false, false]);
});

test('earns a retry back with ten successes', () => {
  const budget = new RetryBudget();
  for (let count = 0; count < 6; count++) budget.refused();
  for (let count = 0; count < 19; count++) budget.succeeded();
  expect(budget.refused()).toBe(false);
  for (let count = 0; count < 11; count++) budget.succeeded();
  expect(budget.refused()).toBe(true);
});

test('never holds more than it began with', () => {
  const budget = new RetryBudget();
  for (let count = 0; count < 1_000; count++) budget.succeeded();
  const allowed = Array.from({ length: 6 }, () => budget.refused());
  expect(allowed).toEqual([true, true, true, true, true, false]);
});
