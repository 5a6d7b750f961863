import type { stock } from './stock.contract.js';
import type { Topics } from '@trunkline/server';

/** An article as the Express route gives it. */
export interface Article {
  readonly id: string;
  readonly name: string;
  readonly pieces: number;
}

/** The level of one article at one moment. */
export interface Level {
  readonly id: string;
  readonly pieces: number;
  readonly at: Date;
}

/** Articles in memory; each change is published, whoever makes it. */
export class Storehouse {
  readonly #topics: Topics<typeof stock>;
  readonly #articles = new Map<string, Article>([
    ['lamp', { id: 'lamp', name: 'Storm lamp', pieces: 12 }],
    ['rope', { id: 'rope', name: 'Hemp rope, 20 m', pieces: 8 }],
    ['tarp', { id: 'tarp', name: 'Tarpaulin', pieces: 3 }],
    ['crate', { id: 'crate', name: 'Crate', pieces: 40 }],
  ]);

  constructor(topics: Topics<typeof stock>) {
    this.#topics = topics;
  }

  get articles(): readonly Article[] {
    return [...this.#articles.values()];
  }

  find(id: string): Article | undefined {
    return this.#articles.get(id);
  }

  /** Changes the level of an article and tells everybody. */
  async add(article: Article, pieces: number): Promise<Level> {
    const changed = { ...article, pieces: article.pieces + pieces };
    this.#articles.set(article.id, changed);
    const level = { id: changed.id, pieces: changed.pieces, at: new Date() };
    await this.#topics.levels().publish(level);
    return level;
  }
}
