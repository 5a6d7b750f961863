import { expect, it } from 'vitest';
import { ReadSlots } from './read-slots.js';

/** Reads that a test answers one by one, with the order in which they began. */
function reads(slots: ReadSlots) {
  const begun: number[] = [];
  const answers: ((fails?: boolean) => void)[] = [];
  const start = (name: number): Promise<number> =>
    slots.run(() => {
      begun.push(name);
      return new Promise((resolve, reject) => {
        answers[name] = (fails) => (fails ? reject(new Error(`${name}`)) : resolve(name));
      });
    });
  return { begun, answers, start };
}

it('runs so many at once, and the others in order as slots become free', async () => {
  const { begun, answers, start } = reads(new ReadSlots(2));
  const done = [0, 1, 2, 3].map(start);
  expect(begun).toEqual([0, 1]);
  answers[1]?.();
  await done[1];
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2]);
  answers[0]?.(true);
  await expect(done[0]).rejects.toThrow('0');
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2, 3]);
  answers[2]?.();
  answers[3]?.();
  await Promise.all([done[2], done[3]]);
  const again = start(4);
  expect(begun).toHaveLength(5);
  answers[4]?.();
  await again;
});

it('begins nothing any more once it is closed', async () => {
  const slots = new ReadSlots(1);
  const { begun, answers, start } = reads(slots);
  const first = start(0);
  void start(1);
  slots.close();
  answers[0]?.();
  await first;
  await Promise.resolve();
  expect(begun).toEqual([0]);
});
