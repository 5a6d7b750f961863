import { expect, test } from 'vitest';
import { TopicQueue, type TopicEntry } from './topic-queue.js';

const E = '00000000000000e0';
const F = '00000000000000f0';

function item(offset: number, { epoch = E, bytes = 1 } = {}): TopicEntry {
  return { item: { epoch, offset, value: offset, bytes } };
}

function gap(from: number, to: number | undefined, epoch = E) {
  return { gap: { epoch, from, to, reason: 'slow' } } as const;
}

function drain(queue: TopicQueue): TopicEntry[] {
  const entries: TopicEntry[] = [];
  for (let entry = queue.shift(); entry; entry = queue.shift()) entries.push(entry);
  return entries;
}

/** A queue that is trimmed whenever something is added. */
class TrimmedQueue extends TopicQueue {
  override push(entry: TopicEntry): void {
    super.push(entry);
    this.trim();
  }
}

function queueOf(subscriptionMessages: number, subscriptionBytes = 1_000) {
  return new TrimmedQueue({ subscriptionMessages, subscriptionBytes });
}

test('gives what it was given, in order', () => {
  const queue = queueOf(3);
  const entries = [item(1), gap(2, 4), item(5)];
  for (const entry of entries) queue.push(entry);
  expect(drain(queue)).toEqual(entries);
});

test('drops the oldest above its count, and says exactly which', () => {
  const queue = queueOf(2);
  for (const offset of [1, 2, 3, 4, 5]) queue.push(item(offset));
  expect(drain(queue)).toEqual([gap(1, 3), item(4), item(5)]);
});

test('drops the oldest above its bytes', () => {
  const queue = queueOf(100, 10);
  for (const offset of [1, 2, 3]) queue.push(item(offset, { bytes: 4 }));
  expect(drain(queue)).toEqual([gap(1, 1), item(2, { bytes: 4 }), item(3, { bytes: 4 })]);
  queue.push(item(4, { bytes: 11 }));
  expect(drain(queue)).toEqual([gap(4, 4)]);
});

test('joins a gap that is dropped with the messages around it', () => {
  const queue = queueOf(2);
  for (const entry of [item(1), gap(2, 4), item(5), item(6)]) queue.push(entry);
  expect(drain(queue)).toEqual([gap(1, 4), item(5), item(6)]);
});

test('begins another gap when one was taken', () => {
  const queue = queueOf(1);
  queue.push(item(1));
  queue.push(item(2));
  expect(queue.shift()).toEqual(gap(1, 1));
  queue.push(item(3));
  expect(drain(queue)).toEqual([gap(2, 2), item(3)]);
});

test('keeps one gap for each of two epochs, and says of more that nobody knows', () => {
  const queue = queueOf(1);
  queue.push(item(1));
  queue.push(item(1, { epoch: F }));
  queue.push(item(2, { epoch: F }));
  queue.push(item(3, { epoch: F }));
  queue.push(item(1, { epoch: '0000000000000011' }));
  queue.push(item(2, { epoch: '0000000000000011' }));
  expect(drain(queue)).toEqual([
    gap(1, undefined),
    gap(1, 1, '0000000000000011'),
    item(2, { epoch: '0000000000000011' }),
  ]);
});

test('forgets everything on request', () => {
  const queue = queueOf(1);
  queue.push(item(1));
  queue.push(item(2));
  queue.clear();
  expect(drain(queue)).toEqual([]);
  queue.push(item(3, { bytes: 1_000 }));
  expect(drain(queue)).toEqual([item(3, { bytes: 1_000 })]);
});

test('drops nothing of what is added beyond its limits before it is trimmed', () => {
  const queue = new TopicQueue({ subscriptionMessages: 2, subscriptionBytes: 10 });
  const entries = [item(1), item(2), item(3)];
  expect(queue).toMatchObject({ isEmpty: true, isFull: false });
  queue.push(item(1));
  expect(queue).toMatchObject({ isEmpty: false, isFull: false });
  for (const entry of entries.slice(1)) queue.push(entry);
  expect(queue.isFull).toBe(true);
  expect(drain(queue)).toEqual(entries);
  queue.push(item(1, { bytes: 10 }));
  expect(queue.isFull).toBe(true);
});

test('counts a snapshot that is dropped as missing at its place', () => {
  const queue = queueOf(1);
  queue.push({ snapshot: {}, asOf: { epoch: E, offset: 4 } });
  queue.push(item(5));
  expect(drain(queue)).toEqual([gap(4, 4), item(5)]);
});
