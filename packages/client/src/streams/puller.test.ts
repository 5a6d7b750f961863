import { expect, test } from 'vitest';
import { Puller, type PullSource, type Step } from './puller.js';

function sourceOf(steps: (Step<number> | undefined)[]) {
  const log: string[] = [];
  const source: PullSource<number> = {
    started: () => log.push('started'),
    pull: () => steps.shift(),
    left: () => log.push('left'),
  };
  return { steps, log, puller: new Puller(source) };
}

test('starts at the first next(), once', async () => {
  const { log, puller } = sourceOf([{ value: 1 }, { value: 2 }]);
  expect(log).toEqual([]);
  await puller.next();
  await puller.next();
  expect(log).toEqual(['started']);
});

test('serves who waits in order when something comes', async () => {
  const { steps, puller } = sourceOf([]);
  const waiting = [puller.next(), puller.next(), puller.next()];
  steps.push({ value: 1 }, { value: 2 }, { isEnd: true });
  puller.wake();
  await expect(Promise.all(waiting)).resolves.toEqual([
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: true, value: undefined },
  ]);
});

test('fails once, and is over then', async () => {
  const { puller } = sourceOf([{ error: new Error('no') }, { value: 1 }]);
  await expect(puller.next()).rejects.toThrow('no');
  await expect(puller.next()).resolves.toEqual({ done: true, value: undefined });
});

test('tells its source when it is left, and frees who waits', async () => {
  const { log, puller } = sourceOf([]);
  const waiting = puller.next();
  await puller.return();
  await puller.return();
  await expect(waiting).resolves.toEqual({ done: true, value: undefined });
  expect(log).toEqual(['started', 'left']);
});

test('that was left before it began never starts', async () => {
  const { log, puller } = sourceOf([{ value: 1 }]);
  await puller.return();
  await expect(puller.next()).resolves.toEqual({ done: true, value: undefined });
  expect(log).toEqual(['left']);
});

test('is not left again after its end', async () => {
  const { log, puller } = sourceOf([{ isEnd: true }]);
  await puller.next();
  await puller.return();
  expect(log).toEqual(['started']);
});

test('may be woken by what it pulls', async () => {
  const puller: Puller<number> = new Puller<number>({
    started: () => {},
    left: () => {},
    pull: () => {
      puller.wake();
      return { error: new Error('gap') };
    },
  });
  await expect(puller.next()).rejects.toThrow('gap');
});
