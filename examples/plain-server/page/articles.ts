import type { SubscriptionState } from '@trunkline/client';
import type { Level, StockClient } from '../src/generated/stock.client.js';
import { find, make } from './element.js';

interface Article {
  readonly id: string;
  readonly name: string;
  readonly pieces: number;
}

/** What the rows of the table are changed by. */
interface Shop {
  readonly stock: StockClient;
  readonly server: string;
  readonly cells: Map<string, HTMLElement>;
  /** Levels that have come; the list may be older than they are. */
  readonly levels: Map<string, number>;
}

/** Shows the articles that Express lists, and follows their levels. */
export async function showArticles(stock: StockClient, server: string): Promise<void> {
  const shop: Shop = { stock, server, cells: new Map(), levels: new Map() };
  // With what is kept: a level may change after the list is made and before this is live.
  stock.levels(undefined, { last: 100 }).subscribe({
    message: (level) => showLevel(shop, level),
    gap: ({ reason }) => note(`Levels are missing: ${reason}. Load the page again.`),
    state: (state) => (find('levels').textContent = describeLevels(state)),
  });
  try {
    const response = await fetch(`${server}/api/articles`);
    const articles = (await response.json()) as Article[];
    find('express').textContent = `HTTP ${response.status}, ${articles.length} articles`;
    find('articles').replaceChildren(...articles.map((article) => makeRow(shop, article)));
  } catch {
    // A page is not told more.
    find('express').textContent = 'gave this page no answer';
    note('There is nothing to show: Express did not answer a page of this origin.');
  }
}

function makeRow(shop: Shop, { id, name, pieces }: Article): HTMLTableRowElement {
  const row = make('tr');
  const title = make('th', name);
  title.scope = 'row';
  const level = make('td', String(shop.levels.get(id) ?? pieces));
  level.className = 'number';
  level.id = `level-${id}`;
  shop.cells.set(id, level);
  const actions = make('td');
  const buttons = make('div');
  buttons.className = 'buttons';
  buttons.append(
    makeButton('Take 1', `Take 1: ${name}`, () => take(shop, id)),
    makeButton('Add 10', `Add 10: ${name}`, () => deliver(shop, id)),
  );
  actions.append(buttons);
  row.append(title, level, actions);
  row.id = `article-${id}`;
  return row;
}

function makeButton(text: string, label: string, act: () => Promise<void>): HTMLButtonElement {
  const button = make('button', text);
  button.type = 'button';
  button.ariaLabel = label;
  button.addEventListener('click', () => void act());
  return button;
}

async function take({ stock }: Shop, id: string): Promise<void> {
  const taken = await stock.take.safe({ id, pieces: 1 });
  if (taken.ok) return note('');
  const { error } = taken;
  if (error.code === 'NOT_ENOUGH') note(`Only ${error.data.pieces} are there.`);
  else note(`Nothing was taken: ${error.code}, ${error.message}`);
}

async function deliver({ server }: Shop, id: string): Promise<void> {
  try {
    const response = await fetch(`${server}/api/articles/${id}/delivery`, { method: 'POST' });
    note(response.ok ? '' : `Nothing was delivered: HTTP ${response.status}`);
  } catch {
    note('Nothing was delivered: Express gave no answer.');
  }
}

function showLevel({ cells, levels }: Shop, { id, pieces }: Level): void {
  levels.set(id, pieces);
  const cell = cells.get(id);
  if (cell === undefined) return;
  cell.textContent = String(pieces);
  cell.classList.remove('changed');
  // Read, so that the browser notices that the class was gone.
  void cell.offsetWidth;
  cell.classList.add('changed');
}

function describeLevels({ status, joined, error }: SubscriptionState): string {
  if (error !== undefined) return `${status}: ${error.code}`;
  if (joined?.kind === 'recovered') return `${status}, ${joined.count} recovered`;
  return joined === undefined ? status : `${status}, ${joined.kind}`;
}

function note(text: string): void {
  find('articles-note').textContent = text;
}
