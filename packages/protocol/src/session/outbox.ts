import { takesNumber } from '../batch.js';
import { mayBeCut } from '../chunk.js';
import type { WireLimits } from '../limits.js';
import { sizeOf, type BodyEncoder } from '../message-encoder.js';
import type { CallMessage, Kind, Message } from '../message.js';
import { Bulk, type Outgoing } from './bulk.js';
import { SharedBatch } from './shared-batch.js';

export type { Outgoing } from './bulk.js';

/** Stands for a shared batch that was written, so that its bytes are not kept. */
const WRITTEN = new SharedBatch();
WRITTEN.seal();

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
export function isShared(content: Message | SharedBatch): content is SharedBatch {
  return content instanceof SharedBatch;
}

/** Tells whether an entry is a piece of a large message. */
export function isChunk(content: Message | SharedBatch): boolean {
  return !isShared(content) && content.kind === 'CHUNK';
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

  /** Gives what waits, withdrawn or not. */
  entries(): readonly Outgoing[] {
    return this.#entries.slice(this.#head);
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
  /** The highest number that was given. */
  readonly tx: number;
}

/** What an outbox is made of. */
export interface OutboxOptions {
  readonly limits: WireLimits;
  readonly side: 'client' | 'server';
  readonly encodeBody: BodyEncoder;
  /** Is shown each CALL that begins to be written in chunks. */
  readonly stamp: (message: CallMessage) => void;
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

  constructor({ limits, side, encodeBody, stamp }: OutboxOptions) {
    this.#limits = limits;
    const peerBytes = side === 'server' ? limits.assemblyDownBytes : limits.assemblyBytes;
    this.#bulk = new Bulk({ limits, peerBytes, encodeBody, stamp });
  }

  /** Bytes of large messages that wait, and of what must stay behind them. */
  get bulkBytes(): number {
    return this.#bulk.bytes;
  }

  /** Bytes of large messages that are being written, or are the next to be. */
  get begunBytes(): number {
    return this.#bulk.begunBytes;
  }

  push(content: Message | SharedBatch): Outgoing {
    const size = isShared(content) ? content.size : sizeOf(content);
    const entry: Outgoing = { content, size, number: 0, isBegun: false, state: 'queued' };
    // A small one with no large one before it is none of theirs.
    const mayBeBulk = this.cuts && (size > this.#limits.cutBytes || !this.#bulk.isEmpty);
    const isBulk =
      mayBeBulk && !isShared(content) && this.#bulk.push(entry, (id) => this.#lastOf(id));
    if (!isBulk) this.#queueOf(content).push(entry);
    this.bytes += size;
    this.count++;
    return entry;
  }

  /** Counts what was added to a shared batch that waits. */
  grow(entry: Outgoing, bytes: number): void {
    entry.size += bytes;
    this.bytes += bytes;
  }

  /** Takes an entry back that was not written as a whole; `false` if it was. */
  withdraw(entry: Outgoing): boolean {
    if (entry.state !== 'queued') return false;
    entry.state = 'withdrawn';
    this.#forget(entry);
    const abort =
      !this.#bulk.isEmpty && this.#bulk.has(entry) ? this.#bulk.remove(entry) : undefined;
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
  take(room: Room): (Message | SharedBatch)[] {
    const taken: (Message | SharedBatch)[] = [];
    const left = { ...room };
    if (this.#sinceChunk >= this.#limits.bulkTurnBytes && !this.#isUrgent()) {
      this.#takeBulk(taken, left);
    }
    for (;;) {
      const queue = this.#first();
      const entry = queue.peek();
      if (entry === undefined) {
        if (!this.#bulk.isEmpty && this.#takeBulk(taken, left)) continue;
        return taken;
      }
      const { content, size } = entry;
      const shared = isShared(content);
      if (taken.length > 0 && (shared || size > left.bytes)) return taken;
      if (!shared && takesNumber(content)) {
        if (--left.numbers < 0) return taken;
        entry.number = ++left.tx;
      }
      queue.shift();
      taken.push(content);
      this.#written(entry);
      left.bytes -= size;
      if (queue === this.#main && !this.#bulk.isEmpty) this.#sinceChunk += size;
      if (shared) return taken;
    }
  }

  /** Takes back all that has no number and is told anew on each connection, or of no use there. */
  dropUnnumbered(): void {
    for (const queue of [this.#urgent, this.#control, this.#main]) {
      for (const entry of queue.entries()) {
        if (entry.state !== 'queued') continue;
        const { content } = entry;
        if (isShared(content) || !takesNumber(content)) this.withdraw(entry);
      }
    }
    this.#sinceChunk = 0;
  }

  #takeBulk(taken: (Message | SharedBatch)[], left: { -readonly [K in keyof Room]: number }) {
    if (left.chunks === 0 || left.numbers === 0) return false;
    const next = this.#bulk.next(Math.min(left.bulkBytes, left.bytes));
    if (next === undefined) return false;
    const size = sizeOf(next.message);
    left.chunks--;
    left.numbers--;
    left.tx++;
    left.bulkBytes -= size;
    left.bytes -= size;
    this.#sinceChunk = 0;
    if (next.done !== undefined) {
      next.done.number = left.tx;
      this.#written(next.done);
    }
    taken.push(next.message);
    return true;
  }

  /** Finds the last message of a call that waits in order. */
  #lastOf(id: number): Outgoing | undefined {
    const isOfCall = ({ content, state }: Outgoing): boolean =>
      state === 'queued' && !isShared(content) && mayBeCut(content) && content.id === id;
    return this.#main.entries().findLast(isOfCall);
  }

  #isUrgent(): boolean {
    return this.#urgent.peek() !== undefined || this.#control.peek() !== undefined;
  }

  #written(entry: Outgoing): void {
    entry.state = 'written';
    if (isShared(entry.content)) entry.content = WRITTEN;
    this.#forget(entry);
  }

  #queueOf(content: Message | SharedBatch): Queue {
    if (isShared(content)) return this.#main;
    switch (content.kind) {
      // The many first.
      case 'CALL':
      case 'RESULT':
      case 'ITEM':
      case 'MESSAGE':
        return this.#main;
      case 'CHUNK':
        return content.isAbort ? this.#control : this.#main;
      default:
        if (URGENT.has(content.kind)) return this.#urgent;
        return CONTROL.has(content.kind) ? this.#control : this.#main;
    }
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
