import { WebSocket } from 'ws';
import { toMessage, type ShownMessage } from './conversation.js';
import type { Stage } from './play.js';
import { MOST_RECEIVED_BYTES, WireEnd } from './wire-end.js';

const NO_HASH = '0'.repeat(16);
const SUPERJSON = ['trunkline.v1.superjson'];
const OPEN_MS = 5_000;
const HTTP_STATUS = /Unexpected server response: (\d+)/;

/** Plays the clients of a server under test. */
export class ServerStage implements Stage {
  readonly tested = 'server';
  readonly #url: string;
  readonly #offers: readonly string[];
  readonly #ends: WireEnd[] = [];
  /** No connection could be made. */
  isGone = false;

  constructor(url: string, offers: readonly string[] = SUPERJSON) {
    this.#url = url;
    this.#offers = offers;
  }

  /** Connects; throws when the server does not take the connection. */
  async open(): Promise<WireEnd> {
    const socket = new WebSocket(this.#url, [...this.#offers], {
      perMessageDeflate: false,
      maxPayload: MOST_RECEIVED_BYTES,
    });
    // Made at once, so that what comes in the first read is not missed.
    const end = new WireEnd(socket, true);
    this.#ends.push(end);
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        this.isGone = !HTTP_STATUS.test(error.message);
        reject(new Error(explain(error, this.#url), { cause: error }));
      };
      // The library's own time-out begins anew with every byte.
      const late = (): void => fail(new Error(`no WebSocket within ${OPEN_MS / 1000} s`));
      const timer = setTimeout(late, OPEN_MS);
      socket.once('open', resolve);
      socket.once('error', fail);
      socket.once('close', () => clearTimeout(timer));
      socket.once('open', () => clearTimeout(timer));
    });
    return end;
  }

  /** Publishes by `probe.announce`, on a connection of its own. */
  async publish(room: string, texts: readonly string[]): Promise<void> {
    const end = await this.open();
    try {
      say(end, [{ kind: 'HELLO', features: 0, agent: '', token: 'let-me-in', revisions: [] }]);
      await hear(end, 'WELCOME');
      say(end, [{ ...BIND_ANNOUNCE, sendHash: NO_HASH, receiveHash: NO_HASH }]);
      for (const text of texts) {
        say(end, [{ kind: 'CALL', id: 0, procedure: 0, value: { room, text } }]);
        await hear(end, 'RESULT');
      }
    } finally {
      end.close(1000);
    }
  }

  /** Drops all connections that are still there. */
  stop(): void {
    for (const end of this.#ends) end.close('cut');
  }
}

/** Says what a stranger can do about a connection that could not be made. */
function explain({ message }: Error, url: string): string {
  const status = HTTP_STATUS.exec(message)?.[1];
  if (status !== undefined) {
    const { pathname } = new URL(url);
    return `the upgrade was answered with HTTP ${status}, expected 101: is "${pathname}" its path?`;
  }
  if (/certificate|issuer/.test(message)) {
    return `${message}: name the file of its authority in NODE_EXTRA_CA_CERTS`;
  }
  if (/socket hang up/.test(message)) return `${message}: is it wss:// that it speaks, or ws://?`;
  if (/subprotocol/.test(message)) return `${message}: expected one of those that were offered`;
  return message;
}

const BIND_ANNOUNCE = {
  kind: 'BIND',
  procedure: 0,
  procedureKind: 'call',
  name: 'probe.announce',
} as const;

function say(end: WireEnd, messages: readonly ShownMessage[]): void {
  end.send(messages.map(toMessage));
}

async function hear(end: WireEnd, kind: string): Promise<void> {
  const until = performance.now() + OPEN_MS;
  for (;;) {
    const arrival = await end.arrivals.next(until - performance.now());
    if (arrival?.kind === kind) return;
    if (arrival?.kind === 'ACKNOWLEDGED') continue;
    const seen = arrival?.kind === 'BROKEN' ? arrival.fault : (arrival?.kind ?? 'nothing');
    throw new Error(`cannot publish: expected ${kind}, got ${seen}`);
  }
}
