import * as fc from 'fast-check';
import { assert, expect, it } from 'vitest';
import { chooseSeed } from '../fuzz/seed.js';
import { ConsumerCredit, ProducerCredit, type CreditWindow } from '@trunkline/protocol';

const seed = chooseSeed('credit model');
const RUNS = Number(process.env['TRUNKLINE_MODEL_RUNS'] ?? 3_000);

type Step =
  | { readonly kind: 'produce'; readonly bytes: number }
  | { readonly kind: 'arrive' | 'take' | 'grant' | 'wait'; readonly count: number }
  | { readonly kind: 'cut' | 'narrow' };

/** A producer and a consumer, and a wire between them that keeps items and may lose credit. */
class Pair {
  readonly producer: ProducerCredit;
  readonly consumer: ConsumerCredit;
  readonly #most: CreditWindow;
  readonly #onTheWay: number[] = [];
  readonly #arrived: number[] = [];
  #grants: CreditWindow[] = [];
  #granted: CreditWindow;
  readonly #sent = { items: 0, bytes: 0, last: 0 };
  readonly #taken = { items: 0, bytes: 0 };
  #now = 0;

  constructor(window: CreditWindow, most: CreditWindow) {
    this.#most = most;
    this.#granted = window;
    this.producer = new ProducerCredit(window);
    this.consumer = new ConsumerCredit(window, { most, now: () => this.#now });
  }

  get sent(): number {
    return this.#sent.items;
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'produce':
        return this.#produce(step.bytes);
      case 'arrive':
        return this.#times(step.count, this.#onTheWay, (bytes) => this.#arrive(bytes));
      case 'take':
        return this.#times(step.count, this.#arrived, (bytes) => this.#take(bytes));
      case 'grant':
        return this.#times(step.count, this.#grants, (totals) => this.#raise(totals));
      case 'wait':
        this.#now += step.count;
        return undefined;
      case 'narrow':
        return this.consumer.narrow();
      case 'cut':
        // Credit is lost with its connection, and told again on the next one; items are not lost.
        this.#grants = [this.#granted];
    }
  }

  /** Lets all arrive and be taken. */
  drain(): void {
    this.take({ kind: 'cut' });
    this.take({ kind: 'arrive', count: Number.POSITIVE_INFINITY });
    this.take({ kind: 'take', count: Number.POSITIVE_INFINITY });
    this.take({ kind: 'grant', count: Number.POSITIVE_INFINITY });
  }

  #times<Entry>(count: number, from: Entry[], act: (entry: Entry) => void): void {
    for (let left = count; left > 0; left--) {
      const entry = from.shift();
      if (entry === undefined) return;
      act(entry);
    }
  }

  #produce(bytes: number): void {
    if (!this.producer.isOpen) return;
    this.producer.spend(bytes);
    this.#onTheWay.push(bytes);
    this.#sent.items++;
    this.#sent.bytes += bytes;
    this.#sent.last = bytes;
    assert.strictEqual(this.producer.sentItems, this.#sent.items);
    // Only the last item may pass what was granted, and only in bytes.
    assert.isAtMost(this.#sent.items, this.#granted.items);
    assert.isBelow(this.#sent.bytes - bytes, this.#granted.bytes);
    const waiting = this.#sent.items - this.#taken.items;
    assert.isAtMost(waiting, this.#most.items);
    assert.isBelow(this.#sent.bytes - bytes - this.#taken.bytes, this.#most.bytes);
  }

  #arrive(bytes: number): void {
    assert.strictEqual(this.consumer.receive(bytes), true);
    this.#arrived.push(bytes);
  }

  #take(bytes: number): void {
    this.#taken.items++;
    this.#taken.bytes += bytes;
    const totals = this.consumer.take(bytes);
    if (totals === undefined) return;
    assert.isAbove(totals.items, this.#granted.items - 1);
    assert.isAtLeast(totals.bytes, this.#granted.bytes);
    this.#granted = totals;
    this.#grants.push(totals);
  }

  #raise({ items, bytes }: CreditWindow): void {
    this.producer.raise(items, bytes);
  }
}

const some = fc.oneof(fc.nat(5), fc.nat(40));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('produce' as const),
      bytes: fc.oneof(fc.nat(20), fc.nat(2_000)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom<'arrive' | 'take' | 'grant' | 'wait'>(
        'arrive',
        'take',
        'grant',
        'wait',
      ),
      count: some,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom<'cut' | 'narrow'>('cut', 'narrow') }) },
);
const windows = fc.record({
  items: fc.integer({ min: 1, max: 16 }),
  bytes: fc.integer({ min: 1, max: 1_000 }),
  doublings: fc.nat(4),
});

it('a producer never passes its credit, and is never left without any', () => {
  let sent = 0;
  let grown = 0;
  fc.assert(
    fc.property(windows, fc.array(step, { maxLength: 200, size: 'max' }), (window, steps) => {
      const times = 2 ** window.doublings;
      const most = { items: window.items * times, bytes: window.bytes * times };
      const pair = new Pair(window, most);
      for (const one of steps) pair.take(one);
      pair.drain();
      expect(pair.producer.isOpen).toBe(true);
      sent += pair.sent;
      const { items, bytes } = pair.consumer.window;
      if (items > window.items || bytes > window.bytes) grown++;
    }),
    { seed, numRuns: RUNS },
  );
  expect(sent).toBeGreaterThan(RUNS);
  expect(grown).toBeGreaterThan(RUNS / 100);
});

it('items sent without credit are noticed, whatever was granted before', () => {
  fc.assert(
    fc.property(windows, fc.array(fc.nat(100), { maxLength: 50 }), (window, sizes) => {
      const consumer = new ConsumerCredit(window);
      let [items, bytes] = [0, 0];
      let granted: CreditWindow = window;
      for (const size of sizes) {
        const isAllowed = items < granted.items && bytes < granted.bytes;
        expect(consumer.receive(size)).toBe(isAllowed);
        items++;
        bytes += size;
        if (isAllowed && size % 2 === 0) granted = consumer.take(size) ?? granted;
      }
    }),
    { seed, numRuns: RUNS },
  );
});
