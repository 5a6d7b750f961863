import { connect } from '@trunkline/client';
import { TickerClient } from '../generated/ticker.client.js';
import { addressOf, type StartReading } from './reading.js';

/** Subscribes to the topic. */
export const readTrunkline: StartReading = (reading) => {
  const url = addressOf('trunkline', reading, undefined).replace(/^http/, 'ws');
  const client = connect(url, { services: { ticker: TickerClient } });
  client.ticker.ticks().subscribe({
    message: reading.read,
    state: ({ status }) => {
      if (status === 'live') reading.opened();
    },
  });
  return client.close;
};
