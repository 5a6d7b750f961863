import { createServer, createTopics, MemoryBroker, type Server } from '@trunkline/server';
import { stockService } from './stock-service.js';
import { stock } from './stock.contract.js';
import { Storehouse } from './storehouse.js';

/** The Trunkline server of the storehouse, and what Express shares with it. */
export interface StockServer {
  readonly server: Server;
  readonly storehouse: Storehouse;
  close(): Promise<void>;
}

/** Makes the Trunkline server. Pages of `origins` may connect beside its own. */
export function createStockServer(origins: readonly string[]): StockServer {
  const broker = new MemoryBroker();
  const storehouse = new Storehouse(createTopics(stock, broker));
  const server = createServer({
    broker,
    services: [stockService(storehouse)],
    anonymous: true,
    origins,
    trustedProxies: ['127.0.0.1', '::1'],
  });
  const close = async (): Promise<void> => {
    await server.close();
    await broker.close();
  };
  return { server, storehouse, close };
}
