import type { ClientConnection, ConnectionState, ConnectionStatus } from '@trunkline/client';
import { startCountdown } from './countdown.js';
import { make, part } from './parts.js';

const TEXTS: Record<ConnectionStatus, string> = {
  idle: 'Connecting',
  connecting: 'Connecting',
  live: 'Connected',
  waiting: 'No connection',
  unreachable: 'Unreachable',
  denied: 'Refused',
  closed: 'Closed',
};

/** With these the page is of no use until it is loaded again. */
const FINAL: readonly ConnectionStatus[] = ['denied', 'closed'];

/** Shows what the connection does, why it is not there, and when it is tried again. */
export function showConnection(connection: ClientConnection): void {
  const indicator = new ConnectionIndicator();
  indicator.show(connection.state);
  connection.watch((state) => indicator.show(state));
  part('connection-switch', HTMLButtonElement).addEventListener('click', () => {
    if (connection.state.status === 'live') connection.pause();
    else connection.reconnectNow();
  });
}

class ConnectionIndicator {
  readonly #details = part('connection', HTMLDetailsElement);
  readonly #text = part('connection-text', HTMLElement);
  readonly #countdown = part('connection-countdown', HTMLElement);
  readonly #reason = part('connection-reason', HTMLElement);
  readonly #hints = part('connection-hints', HTMLElement);
  readonly #switch = part('connection-switch', HTMLButtonElement);
  /** Read out by screen readers; the countdown is not, or it would never be silent. */
  readonly #status = part('connection-status', HTMLElement);
  #shown: ConnectionStatus | undefined;
  #stop: () => void = () => {};

  show(state: ConnectionState): void {
    const { status, nextAttemptAt } = state;
    this.#details.dataset['status'] = status;
    this.#text.textContent = textOf(state);
    this.#reason.textContent = reasonOf(state);
    this.#hints.replaceChildren(
      ...(state.hints ?? []).map((hint) => make('li', '', capital(hint))),
    );
    this.#switch.hidden = FINAL.includes(status);
    this.#switch.textContent = status === 'live' ? 'Pause' : 'Connect now';
    this.#stop();
    this.#countdown.textContent = '';
    if (nextAttemptAt !== undefined) {
      this.#stop = startCountdown(nextAttemptAt, (seconds) => {
        this.#countdown.textContent = seconds > 0 ? `in ${seconds} s` : 'now';
      });
    }
    if (this.#shown === status) return;
    this.#shown = status;
    this.#status.textContent = textOf(state);
    if (status === 'unreachable' || FINAL.includes(status)) this.#details.open = true;
    // Whoever is in it goes on reading.
    else if (status === 'live' && !this.#details.matches(':focus-within'))
      this.#details.open = false;
  }
}

function textOf({ status, reason }: ConnectionState): string {
  return status === 'idle' && reason !== undefined ? 'Paused' : TEXTS[status];
}

function reasonOf(state: ConnectionState): string {
  const { status, reason, attempt, staleContracts, suspectedIdleMs } = state;
  if (status !== 'live') {
    const tries = attempt > 1 ? ` This is attempt ${attempt}.` : '';
    return reason === undefined ? `Looking for the server.${tries}` : `${capital(reason)}.${tries}`;
  }
  if (staleContracts.length > 0) return 'The server is newer than this page: reload the page.';
  if (suspectedIdleMs !== undefined) {
    const seconds = Math.round(suspectedIdleMs / 1_000);
    return `Something on the way cuts connections that are silent for ${seconds} s.`;
  }
  return 'All is well: one WebSocket carries everything that you see.';
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
