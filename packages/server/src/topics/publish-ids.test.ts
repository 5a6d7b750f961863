import { resolveLimits } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { MEMORY_BROKER_LIMITS } from '../limits/memory-broker-limits.js';
import { PublishIds } from './publish-ids.js';

const EPOCH = '00000000000000aa';

function setup(
  overrides: { publishers?: number; publisherTopics?: number; publishIds?: number } = {},
) {
  const ids = new PublishIds(
    resolveLimits(MEMORY_BROKER_LIMITS, { publisherMs: 100, ...overrides }),
  );
  const use = (publisher: string, counter: number, more: { key?: string; now?: number } = {}) => ({
    id: { publisher, counter },
    key: more.key ?? 'a.b',
    now: more.now ?? 0,
  });
  return { ids, use };
}

describe('PublishIds', () => {
  it('knows the highest counter of a publisher on a topic, with its place', () => {
    const { ids, use } = setup();
    ids.store(use('p', 3), { epoch: EPOCH, offset: 7 });
    expect(ids.find(use('p', 3))).toEqual({ epoch: EPOCH, offset: 7 });
    expect(ids.find(use('p', 4))).toBeUndefined();
    expect(ids.find(use('q', 3))).toBeUndefined();
    expect(ids.find(use('p', 3, { key: 'a.c' }))).toBeUndefined();
  });

  it('remembers so many of all publishers, and no new one beyond', () => {
    const { ids, use } = setup({ publishIds: 2 });
    ids.store(use('p', 1), { epoch: EPOCH, offset: 1 });
    ids.store(use('q', 1), { epoch: EPOCH, offset: 2 });
    expect(() => ids.find(use('p', 1, { key: 'a.c' }))).toThrow(
      expect.objectContaining({ code: 'BUSY', executed: 'no' }),
    );
    expect(ids.find(use('p', 2))).toBeUndefined();
  });

  it('takes a counter below the highest for stored', () => {
    const { ids, use } = setup();
    ids.store(use('p', 3), { epoch: EPOCH, offset: 7 });
    expect(ids.find(use('p', 2))).toEqual({ epoch: EPOCH, offset: 7 });
  });

  it('keeps publishers apart whose names run into the topic', () => {
    const { ids, use } = setup();
    ids.store(use('p', 1, { key: 'qa.b' }), { epoch: EPOCH, offset: 1 });
    expect(ids.find(use('pq', 1, { key: 'a.b' }))).toBeUndefined();
    ids.store(use('1:p', 1), { epoch: EPOCH, offset: 1 });
    expect(ids.find(use('1', 1, { key: ':pa.b' }))).toBeUndefined();
  });

  it('forgets a publisher after the time since its last use, not since its first', () => {
    const { ids, use } = setup();
    ids.store(use('p', 1), { epoch: EPOCH, offset: 1 });
    expect(ids.find(use('p', 1, { now: 99 }))).toBeDefined();
    expect(ids.find(use('p', 1, { now: 198 }))).toBeDefined();
    expect(ids.find(use('p', 1, { now: 298 }))).toBeUndefined();
    expect(ids.size).toBe(0);
  });

  it('refuses a new publisher with BUSY when full, and forgets none for it', () => {
    const { ids, use } = setup({ publishers: 2 });
    ids.store(use('p', 1), { epoch: EPOCH, offset: 1 });
    ids.store(use('q', 1, { now: 50 }), { epoch: EPOCH, offset: 2 });
    expect(() => ids.find(use('r', 1, { now: 99 }))).toThrow(
      expect.objectContaining({ code: 'BUSY', executed: 'no' }),
    );
    expect(ids.find(use('q', 2, { now: 99 }))).toBeUndefined();
    expect(ids.find(use('q', 2, { now: 99, key: 'a.c' }))).toBeUndefined();
    expect(ids.find(use('r', 1, { now: 100 }))).toBeUndefined();
  });

  it('refuses one more topic of a publisher with BUSY until one of them is forgotten', () => {
    const { ids, use } = setup({ publisherTopics: 2 });
    ids.store(use('p', 1, { key: 'a.a' }), { epoch: EPOCH, offset: 1 });
    ids.store(use('p', 2, { key: 'a.b', now: 50 }), { epoch: EPOCH, offset: 1 });
    ids.store(use('p', 3, { key: 'a.b', now: 60 }), { epoch: EPOCH, offset: 2 });
    const third = { key: 'a.c', now: 99 };
    expect(() => ids.find(use('p', 4, third))).toThrow('2 topics of this publisher');
    expect(ids.find(use('q', 4, third))).toBeUndefined();
    expect(ids.find(use('p', 4, { ...third, now: 100 }))).toBeUndefined();
  });

  it('holds nothing after it was cleared', () => {
    const { ids, use } = setup({ publishers: 1 });
    ids.store(use('p', 1), { epoch: EPOCH, offset: 1 });
    ids.clear();
    expect(ids.size).toBe(0);
    expect(ids.find(use('q', 1))).toBeUndefined();
  });
});
