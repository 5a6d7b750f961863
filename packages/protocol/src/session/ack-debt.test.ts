import { expect, it } from 'vitest';
import { resolveLimits, WIRE_LIMITS } from '../limits.js';
import { VirtualRuntime } from '../testing/virtual-runtime.js';
import { AckDebt } from './ack-debt.js';

function create() {
  const runtime = new VirtualRuntime();
  const dues: number[] = [];
  const limits = resolveLimits(WIRE_LIMITS);
  const debtor = { ackSoon: () => void dues.push(runtime.now()) };
  const debt = new AckDebt(debtor, { runtime, limits });
  return { runtime, debt, dues };
}

it('an acknowledgement is due 200 ms after the first message that needs it', async () => {
  const { runtime, debt, dues } = create();
  debt.owe(1, runtime.now());
  await runtime.advance(150);
  debt.owe(2, runtime.now());
  await runtime.advance(150);
  expect(dues).toEqual([200]);
});

it('an acknowledgement that left with something else leaves one timer, which looks again', async () => {
  const { runtime, debt, dues } = create();
  debt.owe(1, runtime.now());
  await runtime.advance(50);
  debt.settled();
  await runtime.advance(100);
  debt.owe(1, runtime.now());
  expect(runtime.timers).toBe(1);
  await runtime.advance(199);
  expect(dues).toEqual([]);
  await runtime.advance(1);
  expect(dues).toEqual([350]);
  debt.settled();
  await runtime.advance(1_000);
  expect([dues.length, runtime.timers]).toEqual([1, 0]);
});

it('an acknowledgement is due at once for many messages and for many bytes', () => {
  const { runtime, debt, dues } = create();
  debt.owe(31, runtime.now());
  expect(dues).toHaveLength(0);
  debt.owe(32, runtime.now());
  expect(dues).toHaveLength(1);
  debt.settled();
  debt.received(65_536);
  debt.owe(1, runtime.now());
  expect(dues).toHaveLength(2);
  debt.stop();
  expect(runtime.timers).toBe(0);
});
