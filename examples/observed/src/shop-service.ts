import { setTimeout as wait } from 'node:timers/promises';
import { createTopics, implement, type Broker } from '@trunkline/server';
import type { Observer } from '@trunkline/server/operations';
import { shop } from './shop.contract.js';

/** Makes the code behind the shop: it is now slow, now sold out, and once in a while it breaks. */
export function shopService(broker: Broker, observers: readonly Observer[]) {
  const topics = createTopics(shop, broker, { observers });
  const left = { book: 500, lamp: 200, chair: 50 };
  return implement(shop, {
    price: async ({ item }) => {
      await wait(Math.random() * 8);
      return item.length * 10;
    },
    order: async ({ item, count }, context) => {
      await wait(5 + Math.random() * 40);
      if (Math.random() < 0.01) throw new Error('the warehouse does not answer');
      if (left[item] < count) throw context.error('SOLD_OUT', { left: left[item] });
      left[item] -= count;
      await topics.stock({ item }).publish({ left: left[item] });
      return `${count} × ${item}`;
    },
    async *orders({ count }) {
      for (let number = 1; number <= count; number++) yield `order ${number}`;
    },
  });
}
