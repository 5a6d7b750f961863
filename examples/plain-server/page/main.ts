import { connect } from '@trunkline/client';
import { StockClient } from '../src/generated/stock.client.js';
import { showArticles } from './articles.js';
import { showConnection } from './connection-panel.js';
import { find } from './element.js';
import { offerCount } from './stocktaking.js';

/** Where the server is: at this page's own origin, or where the site says. */
async function findServer(): Promise<string> {
  const response = await fetch('/server.json');
  const { server } = (await response.json()) as { server: string | null };
  return server ?? location.origin;
}

const server = await findServer();
const url = `${server.replace(/^http/, 'ws')}/trunkline`;
const client = connect(url, { services: { stock: StockClient }, agent: 'storehouse' });
find('page').textContent = location.origin;
find('trunkline').textContent = url;
showConnection(client);
offerCount(client.stock);
await showArticles(client.stock, server);
