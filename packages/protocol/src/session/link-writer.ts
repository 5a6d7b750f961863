import { takesNumber, writeBatch, writeBatchParts } from '../batch.js';
import type { BatchContent, MessageCodec } from '../batch.js';
import { Writer } from '../bytes/writer.js';
import type { Close } from '../close-code.js';
import type { WireLimits } from '../limits.js';
import type { CallMessage, Message } from '../message.js';
import type { Runtime, Timer } from '../runtime.js';
import type { Transport } from '../transport.js';
import { BulkWindow } from './bulk-window.js';
import { stampDeadline } from './deadline-stamp.js';
import { isChunk, isShared, Outbox, type Outgoing, type Room } from './outbox.js';
import type { Positions } from './positions.js';
import type { SharedBatch } from './shared-batch.js';
import { TurnEnd, type TurnTaker } from './turn-end.js';
import { TurnWrite } from './turn-write.js';
import { Unacked } from './unacked.js';

/** Whom a writer tells what has come of its writing. None of these throws. */
export interface WriterOwner {
  /** Something was written. */
  wrote(): void;
  /** An acknowledgement has left. */
  acknowledged(): void;
  /** All has been written that could be. */
  flushed(): void;
  /** What an earlier connection had brought in vain was written. */
  replayed(): void;
  /** The connection must end; `error` is what could not be written. */
  failed(close: Close | 'cut', error?: unknown): void;
}

/** What a writer is made of. */
export interface LinkWriterOptions {
  readonly runtime: Runtime;
  readonly limits: WireLimits;
  readonly side: 'client' | 'server';
  readonly codec: MessageCodec;
}

/** What becomes of a message without a number while there is no connection. */
const NOWHERE = { size: 0, number: 0, isBegun: false, state: 'withdrawn' } as const;

// One for all links: what it gives away it does not write again.
const writer = new Writer();

/**
 * The half of a link that writes. It gathers what is sent in a turn into one write, gives numbers, and
 * keeps what the peer has not acknowledged for the next connection.
 */
export class LinkWriter implements TurnTaker {
  readonly #owner: WriterOwner;
  readonly #options: LinkWriterOptions;
  readonly #positions: Positions;
  readonly #turnEnd: TurnEnd;
  readonly #unacked = new Unacked();
  readonly outbox: Outbox;
  /** `undefined` while there is no connection. */
  #transport: Transport | undefined;
  #window: BulkWindow | undefined;
  #isScheduled = false;
  #isStopped = false;
  /** Whether the peer has not said yet where the session goes on, so that nothing may be written. */
  #isHeld = false;
  #mustAck = false;
  #hasReplayed = false;
  #stallTimer: Timer | undefined;

  constructor(owner: WriterOwner, positions: Positions, options: LinkWriterOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#positions = positions;
    const { runtime, limits, side, codec } = options;
    this.#turnEnd = TurnEnd.of(runtime);
    const stamp = (message: CallMessage): void => stampDeadline(message, runtime);
    this.outbox = new Outbox({ limits, side, encodeBody: codec.encodeBody, stamp });
  }

  /** Whether messages may be written. */
  get isOpen(): boolean {
    return this.#transport !== undefined && !this.#isHeld && !this.#isStopped;
  }

  /** Bytes that were handed to the socket and have not left the process. */
  get bufferedBytes(): number {
    return this.#transport?.bufferedBytes ?? 0;
  }

  /** What was written and is not acknowledged. */
  get unacked(): Pick<Unacked, 'bytes' | 'chunkBytes'> {
    return this.#unacked;
  }

  /** Begins to write on a connection; what the peer does not have goes first. */
  open(transport: Transport): void {
    this.#transport = transport;
    this.#isHeld = false;
    this.#hasReplayed = !this.#isReplaying;
    this.schedule();
  }

  /** There is another connection, on which nothing else may be written yet. */
  hold(transport: Transport, first?: Message): void {
    this.#transport = transport;
    this.#isHeld = true;
    if (first === undefined) return;
    transport.write([writeBatch(writer, this.#options.codec, { head: {}, messages: [first] })]);
  }

  /** The connection is gone. Messages with a number wait for the next one, and all others go. */
  close(): void {
    this.progressed();
    this.#transport = undefined;
    this.#window = undefined;
    this.#mustAck = false;
    this.outbox.dropUnnumbered();
  }

  stop(): void {
    this.#isStopped = true;
    this.progressed();
  }

  /** Queues a message or a shared batch; it leaves with everything else of this turn. */
  push(content: Message | SharedBatch): Outgoing {
    // It would come in another connection, where it means nothing or something else.
    const isLost = this.#transport === undefined && (isShared(content) || !takesNumber(content));
    return isLost ? { ...NOWHERE, content } : this.pushed(this.outbox.push(content));
  }

  /** Sees to it that what was added to the outbox leaves, and does not become too much. */
  pushed(entry: Outgoing): Outgoing {
    const { limits } = this.#options;
    // What is large is bounded by whoever makes it, and may be larger than all of this.
    const bytes = this.outbox.bytes - this.outbox.bulkBytes;
    if (this.outbox.count > limits.outboxMaxMessages || bytes > limits.outboxMaxBytes) {
      // Whoever is in the middle of sending goes on with a link that takes nothing any more.
      this.outbox.withdraw(entry);
      if (!this.#isStopped) this.#failSlow();
      return entry;
    }
    // A loop that awaits settled promises never lets the turn end, so much of it leaves before.
    if (bytes >= limits.writeAheadBytes) this.flush();
    else this.schedule();
    return entry;
  }

  /**
   * Sees to it that a call which was written never runs, if the peer has not accepted it; `true` if
   * it surely has not, and nobody will answer: it was written in vain, and not again yet.
   */
  void(entry: Outgoing): boolean {
    const { acked, sent } = this.#positions;
    if (entry.state !== 'written' || entry.number <= acked) return false;
    return this.#unacked.withdraw(entry, acked) && entry.number > sent;
  }

  /** The peer has acknowledged so many messages more. */
  trim(count: number): void {
    this.#unacked.trim(count);
    this.#window?.acknowledged(this.#positions.acked, this.#options.runtime.now());
    this.progressed();
  }

  /** The peer has taken something. */
  progressed(): void {
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
  }

  /** An acknowledgement is due in this turn. */
  ackSoon(): void {
    this.#mustAck = true;
    this.schedule();
  }

  /** Writes at the end of the turn, if there is anything. */
  schedule(): void {
    if (this.#isScheduled || !this.isOpen) return;
    this.#isScheduled = true;
    this.#turnEnd.wait(this);
  }

  /** Writes at the end of the turn what waits. */
  scheduleRest(): void {
    if (this.hasMore || this.#mustAck) this.schedule();
  }

  /** Writes the messages that wait, as far as the socket takes them. Never throws. */
  flush(): void {
    this.#write(false);
  }

  /** Writes what the turn has left. */
  turnEnded(): void {
    this.#isScheduled = false;
    this.#write(true);
  }

  /**
   * Writes batches while there is room. An acknowledgement alone leaves once at the end of a turn,
   * and waits for room as well: a peer that does not read could ask for it without end.
   */
  #write(withAck: boolean): void {
    if (this.#transport === undefined || !this.isOpen) return;
    try {
      this.#writeBatches(this.#transport, withAck);
    } catch (error) {
      this.#owner.failed('cut', error);
    }
  }

  #writeBatches(transport: Transport, withAck: boolean): void {
    const { limits, runtime } = this.#options;
    const room = limits.writeAheadBytes - transport.bufferedBytes;
    const write = new TurnWrite(transport);
    while (write.bytes < room && this.hasMore && this.#addBatch(write));
    if (withAck && this.#mustAck && write.bytes < room) write.add(this.#encode([]));
    write.end();
    if (write.bytes > 0) this.#owner.wrote();
    // What is left waits for the socket, or for the peer to acknowledge.
    if (this.hasMore || (this.#mustAck && write.bytes >= room)) {
      this.#stallTimer ??= runtime.startTimer(limits.stalledMs, () => this.#failSlow());
    }
    if (this.#hasReplayed) {
      this.#hasReplayed = false;
      this.#owner.replayed();
    }
    this.#owner.flushed();
  }

  /** Whether something waits to be written. */
  get hasMore(): boolean {
    return this.outbox.count > 0 || this.#isReplaying;
  }

  /** Whether some of what the peer has not acknowledged was not sent on this connection. */
  get #isReplaying(): boolean {
    return this.#positions.sent < this.#positions.tx;
  }

  /** Adds what may go in one batch; with chunks in parts, if the transport takes them. */
  #addBatch(write: TurnWrite): boolean {
    const taken = this.#take();
    const [first] = taken;
    if (first === undefined) return false;
    if (isShared(first)) write.add(first.seal());
    else if (this.#transport?.writeParts !== undefined && taken.some(isChunk)) {
      const content = this.#contentOf(taken as Message[]);
      write.addParts(writeBatchParts(writer, this.#options.codec, content));
    } else write.add(this.#encode(taken as Message[]));
    return true;
  }

  /** What needs no number goes before what has one already, and that before what gets one. */
  #take(): (Message | SharedBatch)[] {
    const taken = this.outbox.count === 0 ? [] : this.outbox.take(this.#room());
    if (taken.length > 0 || !this.#isReplaying) return taken;
    const { sent, acked } = this.#positions;
    const { batchCloseBytes: bytes } = this.#options.limits;
    return this.#unacked.from(sent - acked, { bytes, ...this.#bulkRoom() });
  }

  #room(): Room {
    const { unackedMessages, unackedBytes, batchCloseBytes: bytes } = this.#options.limits;
    const { unacked, tx } = this.#positions;
    const mayNumber = !this.#isReplaying && this.#unacked.bytes < unackedBytes;
    const numbers = mayNumber ? unackedMessages - unacked : 0;
    const hasBulk = mayNumber && this.outbox.bulkBytes > 0;
    const { bulkBytes, chunks } = hasBulk ? this.#bulkRoom() : NO_BULK;
    return { bytes, numbers, tx, bulkBytes, chunks };
  }

  #bulkRoom(): Pick<Room, 'bulkBytes' | 'chunks'> {
    const { limits } = this.#options;
    const window = (this.#window ??= new BulkWindow(limits));
    return { bulkBytes: window.room, chunks: window.isWide ? limits.batchCloseBytes : 1 };
  }

  #encode(messages: Message[]): Uint8Array {
    return writeBatch(writer, this.#options.codec, this.#contentOf(messages));
  }

  /** Gives the next batch with its head, and notes that it is written. */
  #contentOf(messages: readonly Message[]): BatchContent {
    const positions = this.#positions;
    const isReplay = this.#isReplaying;
    let numbered = 0;
    let chunkBytes = 0;
    for (const message of messages) {
      if (takesNumber(message)) {
        numbered++;
        if (!isReplay) this.#unacked.push(message);
      }
      if (message.kind === 'CALL') stampDeadline(message, this.#options.runtime);
      else if (message.kind === 'CHUNK') chunkBytes += message.bytes.length;
    }
    const seq = numbered > 0 ? positions.sent + 1 : undefined;
    positions.wrote(numbered);
    if (isReplay && !this.#isReplaying) this.#hasReplayed = true;
    const ack = this.#mustAck || positions.owesAck ? positions.rx : undefined;
    // Not in a batch of acknowledgements alone: two peers would ask each other for ever.
    const now = numbered > 0 && this.#mustAsk(chunkBytes);
    positions.ackedBack = positions.rx;
    this.#mustAck = false;
    this.#owner.acknowledged();
    return { head: { seq, ack, now }, messages };
  }

  /** Whether the peer must acknowledge at once, so that its sender need not wait. */
  #mustAsk(chunkBytes: number): boolean {
    const { limits, runtime } = this.#options;
    const { unacked, sent } = this.#positions;
    const isAlmostFull =
      unacked * 2 > limits.unackedMessages || this.#unacked.bytes * 2 > limits.unackedBytes;
    const window = this.#window;
    if (chunkBytes === 0 || window === undefined) return isAlmostFull;
    window.wrote(sent, chunkBytes, runtime.now());
    return isAlmostFull || window.isHalfUsed;
  }

  #failSlow(): void {
    this.#owner.failed({ code: 'SLOW', reason: 'the reader is too slow' });
  }
}

const NO_BULK = { bulkBytes: 0, chunks: 0 };
