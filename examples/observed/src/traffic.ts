import { connect } from '@trunkline/client';
import { shop } from './shop.contract.js';

const ITEMS = ['book', 'lamp', 'chair'] as const;

/** Keeps a shop busy as one client: calls, a stream, a subscription, and a reload now and then. */
export async function shopAround(url: string, { aborted }: { aborted: () => boolean }) {
  while (!aborted()) {
    const client = connect(url, { contracts: { shop } });
    const { price, order, orders, stock } = client.shop;
    const subscription = stock({ item: anyItem() }).subscribe({ message: () => undefined });
    for (let round = 0; round < 20 && !aborted(); round++) {
      await price.safe({ item: anyItem() });
      await order.safe({ item: anyItem(), count: 1 });
      for await (const _ of orders({ count: 5 }));
    }
    subscription.close();
    client.close();
  }
}

function anyItem() {
  return ITEMS[Math.floor(Math.random() * ITEMS.length)] ?? 'book';
}
