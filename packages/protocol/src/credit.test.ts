import { describe, expect, it } from 'vitest';
import { ConsumerCredit, ProducerCredit, type CreditWindow } from './credit.js';

describe('ProducerCredit', () => {
  it('is open for as many items as were granted', () => {
    const credit = new ProducerCredit({ items: 2, bytes: 100 });
    expect(credit.isOpen).toBe(true);
    credit.spend(1);
    expect(credit.isOpen).toBe(true);
    credit.spend(1);
    expect(credit.isOpen).toBe(false);
    expect(credit.sentItems).toBe(2);
  });

  it('lets the last item pass the limit of bytes, and none after it', () => {
    const credit = new ProducerCredit({ items: 10, bytes: 100 });
    credit.spend(99);
    expect(credit.isOpen).toBe(true);
    credit.spend(5_000);
    expect(credit.isOpen).toBe(false);
  });

  it('is closed when the bytes are used to the last', () => {
    const credit = new ProducerCredit({ items: 10, bytes: 100 });
    credit.spend(100);
    expect(credit.isOpen).toBe(false);
  });

  it('takes new totals, not additions', () => {
    const credit = new ProducerCredit({ items: 1, bytes: 100 });
    credit.spend(10);
    credit.raise(2, 200);
    expect(credit.isOpen).toBe(true);
    credit.spend(10);
    expect(credit.isOpen).toBe(false);
  });

  it('ignores totals that are smaller, each for itself', () => {
    const credit = new ProducerCredit({ items: 3, bytes: 100 });
    credit.raise(1, 50);
    credit.spend(60);
    credit.spend(1);
    expect(credit.isOpen).toBe(true);
    credit.raise(2, 1_000);
    credit.spend(500);
    expect(credit.isOpen).toBe(false);
  });

  it('may be granted nothing', () => {
    expect(new ProducerCredit({ items: 0, bytes: 100 }).isOpen).toBe(false);
    expect(new ProducerCredit({ items: 1, bytes: 0 }).isOpen).toBe(false);
  });
});

describe('ConsumerCredit', () => {
  it('accepts as many items as it granted', () => {
    const credit = new ConsumerCredit({ items: 2, bytes: 100 });
    expect([credit.receive(1), credit.receive(1), credit.receive(1)]).toEqual([true, true, false]);
  });

  it('accepts the item that passes the limit of bytes, and none after it', () => {
    const credit = new ConsumerCredit({ items: 10, bytes: 100 });
    expect([credit.receive(99), credit.receive(5_000), credit.receive(1)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('grants more when half of the items are taken', () => {
    const credit = new ConsumerCredit({ items: 4, bytes: 1_000 });
    expect(credit.take(1)).toBeUndefined();
    expect(credit.take(1)).toEqual({ items: 6, bytes: 1_002 });
    expect(credit.take(1)).toBeUndefined();
    expect(credit.take(1)).toEqual({ items: 8, bytes: 1_004 });
  });

  it('grants more when half of the bytes are taken', () => {
    const credit = new ConsumerCredit({ items: 100, bytes: 1_000 });
    expect(credit.take(499)).toBeUndefined();
    expect(credit.take(1)).toEqual({ items: 102, bytes: 1_500 });
  });

  it('grants after each item when the window is one item', () => {
    const credit = new ConsumerCredit({ items: 1, bytes: 10 });
    expect(credit.take(1)).toEqual({ items: 2, bytes: 11 });
    expect(credit.take(1)).toEqual({ items: 3, bytes: 12 });
  });

  it('never stops a producer for good, whatever the sizes', () => {
    const window = { items: 16, bytes: 1_000 };
    const producer = new ProducerCredit(window);
    const consumer = new ConsumerCredit(window);
    for (let item = 0; item < 1_000; item++) {
      const bytes = (item * 7_919) % 3_000;
      expect(producer.isOpen).toBe(true);
      producer.spend(bytes);
      expect(consumer.receive(bytes)).toBe(true);
      const grant = consumer.take(bytes);
      if (grant !== undefined) producer.raise(grant.items, grant.bytes);
    }
  });

  it('holds a producer to one window and one item beyond', () => {
    const window = { items: 16, bytes: 1_000 };
    const producer = new ProducerCredit(window);
    const consumer = new ConsumerCredit(window);
    let bytes = 0;
    while (producer.isOpen) {
      producer.spend(300);
      expect(consumer.receive(300)).toBe(true);
      bytes += 300;
    }
    expect(bytes).toBe(1_200);
  });

  it('does not grow without a clock', () => {
    const credit = new ConsumerCredit({ items: 4, bytes: 1_000 });
    for (let item = 0; item < 100; item++) {
      credit.receive(1);
      credit.take(1);
    }
    expect(credit.window).toEqual({ items: 4, bytes: 1_000 });
  });
});

describe('the window of a ConsumerCredit', () => {
  it('doubles while all of it is taken within two round trips, up to its most', () => {
    const sizes = new Link({ roundMs: 100 }).run(2_000);
    expect(sizes.map(({ items }) => items)).toEqual([64, 128, 256, 512, 1_024]);
    expect(new Set(sizes.map(({ bytes }) => bytes))).toEqual(new Set([262_144]));
  });

  it('grows in bytes where these are used up', () => {
    const sizes = new Link({ roundMs: 100, itemBytes: 20_000 }).run(2_000);
    expect(sizes.map(({ bytes }) => bytes)).toEqual([262_144, 524_288, 1_048_576]);
    expect(new Set(sizes.map(({ items }) => items))).toEqual(new Set([64]));
  });

  it('keeps a fast link of 100 ms full up to its most', () => {
    const link = new Link({ roundMs: 100 });
    link.run(2_000);
    const before = link.taken;
    link.run(10_000);
    // The most that 1,024 items for each round trip can be.
    expect(link.taken - before).toBeGreaterThanOrEqual(1_024 * 99);
    const bulk = new Link({ roundMs: 100, itemBytes: 16_384 });
    bulk.run(2_000);
    const bulkBefore = bulk.taken;
    bulk.run(10_000);
    expect((bulk.taken - bulkBefore) * 16_384).toBeGreaterThanOrEqual(1_048_576 * 99);
  });

  it('does not grow for a producer that has enough with it', () => {
    expect(new Link({ roundMs: 100, perSecond: 300 }).run(10_000)).toHaveLength(1);
    const sizes = new Link({ roundMs: 100, perSecond: 2_000 }).run(10_000);
    expect(sizes.at(-1)?.items).toBeLessThanOrEqual(512);
  });

  it('does not grow for a consumer that is slow', () => {
    const link = new Link({ roundMs: 10, takenPerMs: 1 });
    expect(link.run(5_000)).toHaveLength(1);
    expect(new Link({ roundMs: 1, takenPerMs: 10 }).run(5_000)).toHaveLength(1);
  });

  it('holds a consumer that stops to what was granted, whenever it stops', () => {
    for (let stopAt = 10; stopAt < 1_500; stopAt += 70) {
      const link = new Link({ roundMs: 100, itemBytes: 2_000 });
      link.run(stopAt);
      link.isStopped = true;
      link.run(3_000);
      const { items, bytes } = link.credit.window;
      const waiting = link.received - link.taken;
      expect(waiting).toBeLessThanOrEqual(items);
      expect(waiting * 2_000).toBeLessThan(bytes + 2_000);
    }
  });

  it('stays where it may not grow', () => {
    const asked: CreditWindow[] = [];
    const mayGrow = (by: CreditWindow): boolean => asked.push(by) > 2;
    const sizes = new Link({ roundMs: 100, mayGrow }).run(2_000);
    expect(asked.slice(0, 3)).toEqual(Array(3).fill({ items: 64, bytes: 0 }));
    expect(sizes.at(-1)?.items).toBe(1_024);
  });

  it('goes back to its start as fast as what was granted is taken', () => {
    const link = new Link({ roundMs: 100, mayGrow: () => link.mayGrow });
    link.run(2_000);
    link.mayGrow = false;
    link.credit.narrow();
    expect(link.credit.outstanding.items).toBeGreaterThan(900);
    link.run(200);
    expect(link.credit.outstanding.items).toBeLessThanOrEqual(64);
    const before = link.taken;
    link.run(1_000);
    expect(link.taken - before).toBeGreaterThan(500);
  });
});

interface LinkOptions {
  readonly roundMs: number;
  readonly itemBytes?: number;
  /** What the producer has at most; endless if left out. */
  readonly perSecond?: number;
  /** What the consumer takes at most; all at once if left out. */
  readonly takenPerMs?: number;
  readonly mayGrow?: (by: CreditWindow) => boolean;
}

/** A producer and a consumer with a round trip between them, in steps of a millisecond. */
class Link {
  readonly credit: ConsumerCredit;
  readonly producer: ProducerCredit;
  received = 0;
  taken = 0;
  isStopped = false;
  mayGrow = true;
  #now = 0;
  #made = 0;
  readonly #down: number[] = [];
  readonly #up: { readonly at: number; readonly totals: CreditWindow }[] = [];

  constructor(readonly options: LinkOptions) {
    const window = { items: 64, bytes: 262_144 };
    this.producer = new ProducerCredit(window);
    this.credit = new ConsumerCredit(window, {
      most: { items: 1_024, bytes: 1_048_576 },
      now: () => this.#now,
      ...(options.mayGrow && { mayGrow: options.mayGrow }),
    });
  }

  /** Runs for so long and gives the windows that there were, one after the other. */
  run(ms: number): CreditWindow[] {
    const sizes = [this.credit.window];
    for (const end = this.#now + ms; this.#now < end; this.#now++) {
      this.#step();
      const { window } = this.credit;
      const last = sizes.at(-1);
      if (window.items !== last?.items || window.bytes !== last.bytes) sizes.push(window);
    }
    return sizes;
  }

  #step(): void {
    const { roundMs, itemBytes = 100, perSecond = Infinity, takenPerMs = Infinity } = this.options;
    for (let [grant] = this.#up; (grant?.at ?? Infinity) <= this.#now; [grant] = this.#up) {
      this.producer.raise(grant?.totals.items ?? 0, grant?.totals.bytes ?? 0);
      this.#up.shift();
    }
    this.#made = Math.min(this.#made, 1) + Math.min(perSecond / 1_000, 100_000);
    for (; this.#made >= 1 && this.producer.isOpen; this.#made--) {
      this.producer.spend(itemBytes);
      this.#down.push(this.#now + roundMs / 2);
    }
    for (; (this.#down[0] ?? Infinity) <= this.#now; this.#down.shift()) {
      if (!this.credit.receive(itemBytes)) throw new Error('an item came without credit');
      this.received++;
    }
    const most = this.isStopped ? 0 : Math.min(takenPerMs, this.received - this.taken);
    for (let n = 0; n < most && this.taken < this.received; n++) {
      this.taken++;
      const totals = this.credit.take(itemBytes);
      if (totals !== undefined) this.#up.push({ at: this.#now + roundMs / 2, totals });
    }
  }
}
