import { takesNumber } from '../batch.js';
import { sizeOf } from '../message-encoder.js';
import type { Kind, Message } from '../message.js';

/** What waits to be written: a message for a batch, or a batch that subscribers share. */
export interface Outgoing {
  readonly content: Message | Uint8Array;
  /** Size, guessed from above. */
  readonly size: number;
  state: 'queued' | 'written' | 'withdrawn';
}

/** Goes first, and needs no number. */
const URGENT: ReadonlySet<Kind> = new Set<Kind>([
  'HELLO',
  'WELCOME',
  'RESUME',
  'RESUMED',
  'GONE',
  'GOAWAY',
  'PING',
  'PONG',
  'AUTH',
  'AUTHED',
  'CREDIT',
]);

/** Goes next. It takes numbers, so it may have to wait, and must not hold up a heartbeat then. */
const CONTROL: ReadonlySet<Kind> = new Set<Kind>(['CANCEL', 'VOID']);

/** Tells whether an entry is a batch of its own that subscribers share. */
export function isShared(content: Message | Uint8Array): content is Uint8Array {
  return content instanceof Uint8Array;
}

/** Entries in the order in which they came, taken from the front without moving the others. */
class Queue {
  #entries: Outgoing[] = [];
  #head = 0;

  push(entry: Outgoing): void {
    this.#entries.push(entry);
  }

  /** The first entry that was not withdrawn. */
  peek(): Outgoing | undefined {
    while (this.#entries[this.#head]?.state === 'withdrawn') this.#advance();
    return this.#entries[this.#head];
  }

  shift(): void {
    this.#advance();
  }

  #advance(): void {
    this.#head++;
    if (this.#head < 64 || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}

/** What one connection has not written yet: control first, then the rest in order. */
export class Outbox {
  /** Bytes that wait, guessed from above. */
  bytes = 0;
  /** Messages that wait. */
  count = 0;
  readonly #urgent = new Queue();
  readonly #control = new Queue();
  readonly #main = new Queue();

  push(content: Message | Uint8Array): Outgoing {
    const size = isShared(content) ? content.length : sizeOf(content);
    const entry: Outgoing = { content, size, state: 'queued' };
    this.#queueOf(content).push(entry);
    this.bytes += size;
    this.count++;
    return entry;
  }

  /** Takes an entry back that was not written; `false` if it was. */
  withdraw(entry: Outgoing): boolean {
    if (entry.state !== 'queued') return false;
    entry.state = 'withdrawn';
    this.#forget(entry);
    return true;
  }

  /**
   * Takes the entries of the next batch: messages up to `maxBytes` and up to `numbers` sequenced
   * ones, or one shared batch alone. Empty when nothing may be written.
   */
  take(maxBytes: number, numbers: number): Outgoing[] {
    const taken: Outgoing[] = [];
    let bytes = 0;
    for (;;) {
      const queue = this.#first();
      const entry = queue.peek();
      if (entry === undefined) return taken;
      const shared = isShared(entry.content);
      if (taken.length > 0 && (shared || bytes + entry.size > maxBytes)) return taken;
      if (!shared && takesNumber(entry.content as Message) && --numbers < 0) return taken;
      queue.shift();
      entry.state = 'written';
      this.#forget(entry);
      taken.push(entry);
      bytes += entry.size;
      if (shared) return taken;
    }
  }

  #queueOf(content: Message | Uint8Array): Queue {
    if (isShared(content)) return this.#main;
    if (URGENT.has(content.kind)) return this.#urgent;
    return CONTROL.has(content.kind) ? this.#control : this.#main;
  }

  #first(): Queue {
    if (this.#urgent.peek() !== undefined) return this.#urgent;
    return this.#control.peek() === undefined ? this.#main : this.#control;
  }

  #forget(entry: Outgoing): void {
    this.bytes -= entry.size;
    this.count--;
  }
}
