import type { ClientConnection } from '@trunkline/client';
import type { StockClient } from '../src/generated/stock.client.js';
import { find, make } from './element.js';

/** Shows what the connection does, why it is not there, and whom the server sees. */
export function showConnection({
  connection,
  stock,
}: {
  connection: ClientConnection;
  stock: StockClient;
}): void {
  const show = (): void => {
    const { status, reason = '', hints = [] } = connection.state;
    const state = find('state');
    state.textContent = status;
    state.dataset['status'] = status;
    find('reason').textContent = status === 'live' ? '' : reason;
    find('hints').replaceChildren(...hints.map((hint) => make('li', hint)));
    if (status === 'live') void showSeen(stock);
  };
  connection.watch(show);
  show();
}

async function showSeen(stock: StockClient): Promise<void> {
  const seen = await stock.whoami.safe();
  if (!seen.ok) return;
  const { address, origin, forwardedFor } = seen.value;
  const way = forwardedFor === undefined ? 'directly' : `forwarded for ${forwardedFor}`;
  find('seen').textContent = `${address}, ${way}; page of ${origin ?? 'no origin'}`;
}
