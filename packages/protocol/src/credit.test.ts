import { describe, expect, it } from 'vitest';
import { ConsumerCredit, ProducerCredit } from './credit.js';

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

  it('widens the window of items of a long stream whose consumer keeps up', () => {
    const credit = new ConsumerCredit({ items: 4, bytes: 1_000 }, 16);
    const bursts: number[] = [];
    let granted = 4;
    let received = 0;
    for (let round = 0; round < 20; round++) {
      const burst = granted - received;
      for (let item = 0; item < burst; item++) expect(credit.receive(1)).toBe(true);
      for (let item = 0; item < burst; item++) granted = credit.take(1)?.items ?? granted;
      received += burst;
      bursts.push(burst);
    }
    expect(bursts.slice(0, 4)).toEqual([4, 4, 4, 4]);
    expect(bursts.at(-1)).toBe(16);
    expect(Math.max(...bursts)).toBe(16);
  });

  it('keeps the window of a consumer that is behind', () => {
    const credit = new ConsumerCredit({ items: 4, bytes: 1_000 }, 16);
    let received = 0;
    let granted = 4;
    for (let taken = 1; taken <= 200; taken++) {
      while (received < granted) {
        credit.receive(1);
        received++;
      }
      granted = credit.take(1)?.items ?? granted;
      expect(granted - taken).toBeLessThanOrEqual(4);
    }
  });
});
