import { takesNumber } from '../batch.js';
import type { WireLimits } from '../limits.js';
import { sizeOf } from '../message-encoder.js';
import type { Kind, Message } from '../message.js';
import { Bulk, type Outgoing } from './bulk.js';

export type { Outgoing } from './bulk.js';

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

/** Shared by all queues that are empty; nothing is ever put into it. */
const NONE: Outgoing[] = [];

/** Entries in the order in which they came, taken from the front without moving the others. */
class Queue {
  #entries = NONE;
  #head = 0;

  push(entry: Outgoing): void {
    if (this.#entries === NONE) this.#entries = [entry];
    else this.#entries.push(entry);
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
    // What has left is not kept until others come.
    if (this.#head === this.#entries.length) {
      this.#entries = NONE;
      this.#head = 0;
      return;
    }
    if (this.#head < 64 || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}

/** How much may be taken for the next batch. */
export interface Room {
  /** Bytes of the batch. */
  readonly bytes: number;
  /** Messages that take a number. */
  readonly numbers: number;
  /** Bytes of large messages, in chunks or whole. */
  readonly bulkBytes: number;
  /** Chunks in one batch. */
  readonly chunks: number;
}

/** What one connection has not written yet: control, then messages in order, then chunks. */
export class Outbox {
  /** Bytes that wait, guessed from above; a large message counts until its last chunk. */
  bytes = 0;
  /** Messages that wait. */
  count = 0;
  /** Whether the peer takes chunks; without them everything goes in order. */
  cuts = false;
  readonly #limits: WireLimits;
  readonly #urgent = new Queue();
  readonly #control = new Queue();
  readonly #main = new Queue();
  readonly #bulk: Bulk;
  /** Bytes of messages that were written since the last chunk. */
  #sinceChunk = 0;

  /** `peerBytes` is what the peer takes of large messages that are not complete. */
  constructor(limits: WireLimits, peerBytes: number) {
    this.#limits = limits;
    this.#bulk = new Bulk(limits, peerBytes);
  }

  /** Bytes of large messages that wait, and of what must stay behind them. */
  get bulkBytes(): number {
    return this.#bulk.bytes;
  }

  /** Bytes of large messages that are being written, or are the next to be. */
  get begunBytes(): number {
    return this.#bulk.begunBytes;
  }

  push(content: Message | Uint8Array): Outgoing {
    const size = isShared(content) ? content.length : sizeOf(content);
    const entry: Outgoing = { content, size, isBegun: false, state: 'queued' };
    const isBulk = this.cuts && !isShared(content) && this.#bulk.push(entry);
    if (!isBulk) this.#queueOf(content).push(entry);
    this.bytes += size;
    this.count++;
    return entry;
  }

  /** Takes an entry back that was not written as a whole; `false` if it was. */
  withdraw(entry: Outgoing): boolean {
    if (entry.state !== 'queued') return false;
    entry.state = 'withdrawn';
    this.#forget(entry);
    const abort = this.#bulk.has(entry) ? this.#bulk.remove(entry) : undefined;
    if (abort !== undefined) this.push(abort);
    return true;
  }

  /** Takes back all that a call has in chunks or behind them; `false` if there was nothing. */
  abandon(id: number): boolean {
    const entries = this.#bulk.of(id);
    for (const entry of entries) this.withdraw(entry);
    return entries.length > 0;
  }

  /** Takes the messages of the next batch, or one shared batch alone; empty when nothing may go. */
  take(room: Room): (Message | Uint8Array)[] {
    const taken: (Message | Uint8Array)[] = [];
    let { numbers, bulkBytes, chunks } = room;
    let bytes = 0;
    const takeBulk = (): boolean => {
      if (chunks === 0 || numbers === 0) return false;
      const next = this.#bulk.next(Math.min(bulkBytes, room.bytes - bytes));
      if (next === undefined) return false;
      const size = sizeOf(next.message);
      chunks--;
      numbers--;
      bulkBytes -= size;
      bytes += size;
      this.#sinceChunk = 0;
      if (next.done !== undefined) this.#written(next.done);
      taken.push(next.message);
      return true;
    };
    if (this.#sinceChunk >= this.#limits.bulkTurnBytes && !this.#isUrgent()) takeBulk();
    for (;;) {
      const queue = this.#first();
      const entry = queue.peek();
      if (entry === undefined) {
        if (takeBulk()) continue;
        return taken;
      }
      const shared = isShared(entry.content);
      if (taken.length > 0 && (shared || bytes + entry.size > room.bytes)) return taken;
      if (!shared && takesNumber(entry.content as Message) && --numbers < 0) return taken;
      queue.shift();
      this.#written(entry);
      taken.push(entry.content);
      bytes += entry.size;
      if (queue === this.#main && !this.#bulk.isEmpty) this.#sinceChunk += entry.size;
      if (shared) return taken;
    }
  }

  #isUrgent(): boolean {
    return this.#urgent.peek() !== undefined || this.#control.peek() !== undefined;
  }

  #written(entry: Outgoing): void {
    entry.state = 'written';
    this.#forget(entry);
  }

  #queueOf(content: Message | Uint8Array): Queue {
    if (isShared(content)) return this.#main;
    if (URGENT.has(content.kind)) return this.#urgent;
    const isControl = CONTROL.has(content.kind) || (content.kind === 'CHUNK' && content.isAbort);
    return isControl ? this.#control : this.#main;
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
