import { TrunklineError } from '@trunkline/client';
import type { StockClient } from '../src/generated/stock.client.js';
import { find, make } from './element.js';

/** Lets the person count the storehouse, and shows each item as it comes. */
export function offerCount(stock: StockClient): void {
  const button = find('count');
  const run = async (): Promise<void> => {
    button.ariaDisabled = 'true';
    await count(stock);
    button.ariaDisabled = 'false';
  };
  button.addEventListener('click', () => {
    if (button.ariaDisabled !== 'true') void run();
  });
}

async function count(stock: StockClient): Promise<void> {
  const list = find('counted');
  list.replaceChildren();
  let sum = 0;
  try {
    for await (const { id, pieces, at } of stock.count()) {
      sum += pieces;
      list.append(make('li', `${id}: ${pieces}, at ${at.toLocaleTimeString()}`));
    }
    find('count-note').textContent = `${sum} pieces in all`;
  } catch (error) {
    const code = error instanceof TrunklineError ? error.code : String(error);
    find('count-note').textContent = `Counting stopped: ${code}`;
  }
}
