import { ENCODING, type ReceivedMessage } from '@trunkline/protocol';
import type { SuperjsonLoader } from '../value/superjson.js';

const MAX_BYTES = 4_194_304;
const MAX_MESSAGES = 4_096;

/**
 * Holds messages of a session until the code for superjson is there. What comes behind the first
 * one in superjson waits too. When that is too much, or the code cannot be had, all go on without it.
 */
export class HeldMessages {
  readonly #superjson: SuperjsonLoader;
  readonly #deliver: (message: ReceivedMessage) => void;
  #waiting: ReceivedMessage[] = [];
  #bytes = 0;
  #isReleasing = false;

  /** `deliver` gets what was held, in order, when it waits no longer. */
  constructor(superjson: SuperjsonLoader, deliver: (message: ReceivedMessage) => void) {
    this.#superjson = superjson;
    this.#deliver = deliver;
  }

  /** Takes a message that must wait; `false` for one that need not. */
  take(message: ReceivedMessage): boolean {
    // What is delivered comes by here again.
    if (this.#isReleasing) return false;
    if (this.#waiting.length === 0) {
      if (this.#superjson.code !== undefined || !isSuperjson(message)) return false;
      this.#load();
    }
    this.#hold(message);
    return true;
  }

  /** Forgets what was said of topics: it is said anew on the next connection. */
  dropTopics(): void {
    this.#waiting = this.#waiting.filter(({ kind }) => !OF_TOPICS.has(kind));
  }

  /** Forgets all that waits: its session is gone. */
  drop(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #load(): void {
    const release = (): void => this.#release();
    void this.#superjson.load().then(release, release);
  }

  #hold(message: ReceivedMessage): void {
    const held = ownedMessage(message);
    this.#bytes += 'encoding' in held ? held.bytes.length : 0;
    this.#waiting.push(held);
    const { length } = this.#waiting;
    // One alone may be larger, as far as the client takes it at all.
    if (length > MAX_MESSAGES || (length > 1 && this.#bytes > MAX_BYTES)) this.#release();
  }

  #release(): void {
    this.#bytes = 0;
    this.#isReleasing = true;
    for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
      this.#deliver(message);
    }
    this.#isReleasing = false;
  }
}

const OF_TOPICS: ReadonlySet<ReceivedMessage['kind']> = new Set([
  'SUBSCRIBED',
  'MESSAGE',
  'GAP',
  'STALE',
  'ENDED',
]);

function isSuperjson(message: ReceivedMessage): boolean {
  return 'encoding' in message && message.encoding === ENCODING.SUPERJSON;
}

/** A message that is a view of the batch it came in becomes one with bytes of its own. */
function ownedMessage(message: ReceivedMessage): ReceivedMessage {
  if (!('encoding' in message) || message.isOwned) return message;
  return { ...message, bytes: new Uint8Array(message.bytes), isOwned: true };
}
