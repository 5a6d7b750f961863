import type { ClientConnection, ConnectionState, ConnectionStatus } from '@trunkline/client';
import { find } from './find.js';
import { LogList } from './log-list.js';

/** Shows what the connection is doing, and lists when it was opened and closed. */
export function showConnection(connection: ClientConnection): void {
  const now = find('#state', HTMLElement);
  const log = new LogList(find('#connection-log', HTMLOListElement));
  let before: ConnectionStatus = connection.state.status;
  connection.watch((state) => {
    const { status } = state;
    const text = nameOf(state);
    // A screen reader speaks each change, so nothing is written that stands there already.
    if (now.textContent !== text) now.textContent = text;
    now.dataset['state'] = status === 'live' ? 'live' : 'lost';
    const event = eventOf(before, state);
    if (event !== undefined) log.add({ text: event, from: 'connection' });
    before = status;
  });
}

function nameOf({ status, attempt }: ConnectionState): string {
  if (status === 'live') return 'Connected';
  const isFirst = status === 'idle' || (status === 'connecting' && attempt === 1);
  return isFirst ? 'Connecting …' : 'Not connected';
}

/** What is worth a line of the log; attempts in between are not. */
function eventOf(
  before: ConnectionStatus,
  { status, reason }: ConnectionState,
): string | undefined {
  if (status === before) return undefined;
  if (status === 'live') return 'opened';
  if (status === 'unreachable') return 'the server cannot be reached; still trying';
  const why = reason === undefined ? '' : `: ${reason}`;
  if (status === 'denied' || status === 'closed') return `closed for good${why}`;
  return before === 'live' ? `closed${why}; trying again` : undefined;
}
