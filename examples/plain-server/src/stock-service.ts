import { implement, TrunklineError, type Service } from '@trunkline/server';
import { setTimeout as wait } from 'node:timers/promises';
import { stock } from './stock.contract.js';
import type { Article, Storehouse } from './storehouse.js';

/** Counting takes a while, so that a page can show that items come one by one. */
const COUNT_MS = 120;

/** Implements the contract on a storehouse. */
export function stockService(storehouse: Storehouse): Service {
  return implement(stock, {
    async take({ id, pieces }, context) {
      const article = articleOf(storehouse, id);
      if (article.pieces < pieces) throw context.error('NOT_ENOUGH', { pieces: article.pieces });
      return storehouse.add(article, -pieces);
    },
    whoami: (_input, { session: { connection } }) => ({
      address: connection.remoteAddress,
      origin: connection.origin,
      forwardedFor: connection.headers['x-forwarded-for'],
    }),
    async *count(_input, { signal }) {
      for (const { id } of storehouse.articles) {
        await wait(COUNT_MS, undefined, { signal });
        yield { id, pieces: articleOf(storehouse, id).pieces, at: new Date() };
      }
    },
  });
}

function articleOf(storehouse: Storehouse, id: string): Article {
  const article = storehouse.find(id);
  if (article !== undefined) return article;
  const ids = storehouse.articles.map((one) => one.id).join(', ');
  throw new TrunklineError('NOT_FOUND', `unknown article "${id}": expected ${ids}`);
}
