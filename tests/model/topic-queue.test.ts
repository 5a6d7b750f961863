import * as fc from 'fast-check';
import { assert, expect, it } from 'vitest';
import { chooseSeed } from '../fuzz/seed.js';
import { TopicQueue, type TopicEntry } from '../../packages/client/src/topics/topic-queue.js';

const RUNS = Number(process.env['TRUNKLINE_MODEL_RUNS'] ?? 3_000);
const LIMITS = { subscriptionMessages: 5, subscriptionBytes: 40 };
const seed = chooseSeed('topic queue model');

/** What goes in: the next message, the next ones as missing, or another epoch; or one comes out. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('item'), size: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('gap'), size: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch'), size: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('shift'), size: fc.nat(2) }) },
);

/** What was pushed, and how much of it has been told. */
class Log {
  readonly queue = new TopicQueue(LIMITS);
  epoch = 1;
  offset = 0;
  /** Each offset that was pushed and not told, in order. */
  readonly open: { readonly epoch: string; readonly offset: number; readonly isItem: boolean }[] =
    [];
  #isOpenEnded = false;

  push(entry: TopicEntry): void {
    this.queue.push(entry);
    this.queue.trim();
  }

  item(bytes: number): void {
    const epoch = String(this.epoch);
    const offset = ++this.offset;
    this.open.push({ epoch, offset, isItem: true });
    this.push({ item: { epoch, offset, value: offset, bytes } });
  }

  gap(count: number): void {
    const epoch = String(this.epoch);
    const from = this.offset + 1;
    this.offset += count;
    for (let offset = from; offset <= this.offset; offset++) {
      this.open.push({ epoch, offset, isItem: false });
    }
    this.push({ gap: { epoch, from, to: this.offset, reason: 'expired' } });
  }

  shift(): boolean {
    const entry = this.queue.shift();
    if (entry === undefined) return false;
    if ('item' in entry) {
      const { epoch, offset } = entry.item;
      this.#begin(epoch, offset);
      assert.deepEqual(this.open.shift(), { epoch, offset, isItem: true });
      return true;
    }
    if ('snapshot' in entry) throw new Error('a snapshot that nobody has pushed');
    const { epoch, from, to } = entry.gap;
    this.#begin(epoch, from);
    this.#isOpenEnded = to === undefined;
    while (this.open[0]?.epoch === epoch && this.open[0].offset <= (to ?? from)) this.open.shift();
    return true;
  }

  /** Where nobody knew the end of a gap, all is missing before what comes next. */
  #begin(epoch: string, offset: number): void {
    const isNext = (): boolean => this.open[0]?.epoch === epoch && this.open[0].offset === offset;
    while (this.#isOpenEnded && this.open.length > 0 && !isNext()) this.open.shift();
    this.#isOpenEnded = false;
    assert.deepInclude(this.open[0], { epoch, offset });
  }
}

it('a loop is given every entry or a gap in its place, within the limits', () => {
  let entries = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const log = new Log();
      for (const { kind, size } of steps) {
        if (kind === 'item') log.item(size);
        else if (kind === 'gap') log.gap(size);
        else if (kind === 'shift') log.shift();
        else if (log.offset > 0) {
          log.epoch++;
          log.offset = 0;
        }
      }
      let told = 0;
      while (log.shift()) told++;
      expect(log.open).toEqual([]);
      // The gaps of two epochs come before the entries that are held.
      expect(told).toBeLessThanOrEqual(LIMITS.subscriptionMessages + 2);
      entries += told;
    }),
    { seed, numRuns: RUNS },
  );
  expect(entries).toBeGreaterThan(RUNS / 3);
});
