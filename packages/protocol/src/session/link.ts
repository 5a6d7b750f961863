import { readBatch, takesNumber, writeBatch, writeBatchParts } from '../batch.js';
import type { Batch, BatchContent } from '../batch.js';
import { Writer } from '../bytes/writer.js';
import type { WireLimits } from '../limits.js';
import type { Message, ReceivedMessage } from '../message.js';
import type { Runtime, Timer } from '../runtime.js';
import type { Transport } from '../transport.js';
import { Violation } from '../violation.js';
import { AckDebt, type AckDebtor } from './ack-debt.js';
import { stampDeadline } from './deadline-stamp.js';
import { Heartbeat, type Heartbeated } from './heartbeat.js';
import { Assembler } from './assembler.js';
import { BulkWindow } from './bulk-window.js';
import { isChunk, isShared, Outbox, type Outgoing, type Room } from './outbox.js';
import type { LinkOptions, LinkOwner } from './link-owner.js';
import { Positions } from './positions.js';
import type { SharedBatch } from './shared-batch.js';
import { TurnEnd, type TurnTaker } from './turn-end.js';
import { TurnWrite } from './turn-write.js';

export type { LinkOptions, LinkOwner } from './link-owner.js';

const NO_PONG = { kind: 'PONG' as const, value: 0 };

// One for all links: what it gives away it does not write again.
const writer = new Writer();

/**
 * One connection's messages, from batches and into batches. It checks their numbers, acknowledges
 * them, gathers what is sent in a turn into one write, and watches that the peer lives.
 */
export class Link implements Heartbeated, AckDebtor, TurnTaker {
  readonly #owner: LinkOwner;
  readonly #transport: Transport;
  readonly #runtime: Runtime;
  readonly #turnEnd: TurnEnd;
  readonly #limits: WireLimits;
  readonly #heartbeat: Heartbeat;
  readonly #positions = new Positions();
  readonly #outbox: Outbox;
  readonly #options: LinkOptions;
  #ackDebt: AckDebt | undefined;
  #assembler: Assembler | undefined;
  #window: BulkWindow | undefined;
  #isScheduled = false;
  #isStopped = false;
  #mustAck = false;
  #stallTimer: Timer | undefined;
  #pongMessage = NO_PONG;
  #pongEntry: Outgoing | undefined;

  constructor(owner: LinkOwner, options: LinkOptions) {
    this.#owner = owner;
    this.#transport = options.transport;
    this.#runtime = options.runtime;
    this.#turnEnd = TurnEnd.of(options.runtime);
    this.#limits = options.limits;
    this.#options = options;
    const { limits, runtime } = options;
    this.#outbox = new Outbox(limits, options.side, options.codec.encodeBody);
    this.#heartbeat = new Heartbeat(this, {
      runtime,
      limits,
      pingsWhenIdle: options.side === 'server',
    });
  }

  /** The peer takes chunks: from now on large messages are cut, and small ones pass them. */
  allowChunks(): void {
    this.#outbox.cuts = true;
  }

  /** When a batch came last, on the clock of the runtime. */
  get heardAt(): number {
    return this.#heartbeat.heardAt;
  }

  /** Whether large messages are cut. */
  get cutsLarge(): boolean {
    return this.#outbox.cuts;
  }

  /** Bytes that wait here or in the socket. */
  get queuedBytes(): number {
    return this.#outbox.bytes + this.#transport.bufferedBytes;
  }

  /** Whether the peer has sent anything that has a number. */
  get hasReceivedNumbers(): boolean {
    return this.#positions.rx > 0;
  }

  /** Of those, the bytes of large messages, and of what must stay behind them. */
  get bulkBytes(): number {
    return this.#outbox.bulkBytes;
  }

  /** Of those, the bytes of large messages that are being written, or are the next to be. */
  get begunBytes(): number {
    return this.#outbox.begunBytes;
  }

  /** Bytes of values that come in chunks and are not complete. */
  get assembledBytes(): number {
    return this.#assembler?.heldBytes ?? 0;
  }

  /** Messages that wait here. */
  get queuedMessages(): number {
    return this.#outbox.count;
  }

  /** Reads a batch and hands its messages on; a violation means that the connection must close. */
  receive(bytes: Uint8Array): Violation | undefined {
    if (bytes.length > this.#limits.batchBytes) return new Violation('BATCH_TOO_BIG');
    const batch = readBatch(bytes, this.#options.codec);
    if (batch instanceof Violation) return batch;
    this.#heartbeat.heard();
    const violation = this.#accept(batch, bytes.length);
    if (violation !== undefined || this.#isStopped) return violation;
    this.#heartbeat.look();
    // An acknowledgement may have made room for more numbers.
    if (this.#outbox.count > 0) this.#schedule();
    return undefined;
  }

  /** Queues a message; it leaves with everything else of this turn. */
  send(message: Message): Outgoing {
    return this.#push(message);
  }

  /** Queues a batch that others send as well, the same bytes. Tell it with `grew` of what is added. */
  sendShared(batch: SharedBatch): Outgoing {
    return this.#push(batch);
  }

  /** A shared batch that waits here has so many more bytes. */
  grew(entry: Outgoing, bytes: number): void {
    if (entry.state !== 'queued') return;
    this.#outbox.grow(entry, bytes);
    this.#pushed(entry);
  }

  /** Takes a message back that was not written as a whole; `false` if it was. */
  withdraw(entry: Outgoing): boolean {
    const isWithdrawn = this.#outbox.withdraw(entry);
    // It may have begun, and then its end is to be told.
    if (isWithdrawn && entry.isBegun) this.#schedule();
    return isWithdrawn;
  }

  /** Takes back all that a call has in chunks or behind them; `false` if there was nothing. */
  abandon(id: number): boolean {
    const isAbandoned = this.#outbox.abandon(id);
    if (isAbandoned) this.#schedule();
    return isAbandoned;
  }

  /** Writes the messages that wait, as far as the socket takes them. Never throws. */
  flush(): void {
    this.#write(false);
  }

  /** The socket has room again. */
  writable(): void {
    this.#progressed();
    if (this.#outbox.count > 0 || this.#mustAck) this.#schedule();
  }

  /** Ends all timers and sends nothing any more. */
  stop(): void {
    this.#isStopped = true;
    this.#heartbeat.stop();
    this.#assembler?.stop();
    this.#ackDebt?.stop();
    this.#stallTimer?.cancel();
  }

  /** Whether the peer owes something; for the heartbeat. */
  isBusy(): boolean {
    return this.#positions.unacked > 0 || this.#owner.isBusy();
  }

  /** Asks the peer for a sign of life; for the heartbeat. */
  ping(): void {
    this.send({ kind: 'PING', value: Math.floor(this.#runtime.random() * 0x100000000) });
    this.flush();
  }

  /** The peer gives no sign of life; for the heartbeat. */
  dead(): void {
    this.#owner.failed('cut');
  }

  #accept(batch: Batch, size: number): Violation | undefined {
    let number = 0;
    if (batch.seq !== undefined) {
      const first = this.#positions.first(batch.seq);
      if (first instanceof Violation) return first;
      number = first;
      (this.#ackDebt ??= new AckDebt(this, this.#options)).received(size);
    }
    if (batch.ack !== undefined) {
      const before = this.#positions.acked;
      const violation = this.#positions.acknowledge(batch.ack);
      if (violation !== undefined) return violation;
      if (this.#positions.acked > before) {
        this.#progressed();
        this.#window?.acknowledged(this.#positions.acked, this.#runtime.now());
      }
    }
    for (const message of batch.messages) {
      if (takesNumber(message) && !this.#positions.take(number++)) continue;
      const violation = this.#dispatch(message);
      if (violation !== undefined) return violation;
      if (this.#isStopped) return undefined;
    }
    this.#oweAck(batch.now);
    return undefined;
  }

  #dispatch(message: ReceivedMessage): Violation | undefined {
    switch (message.kind) {
      case 'PING':
        this.#pong(message.value);
        return undefined;
      case 'PONG':
      case 'VOID':
      case 'SKIPPED':
        return undefined;
      case 'CHUNK': {
        const joined = (this.#assembler ??= this.#createAssembler()).take(message);
        if (joined === undefined || joined instanceof Violation) return joined;
        return this.#dispatch(joined);
      }
      default:
        return this.#owner.receive(message);
    }
  }

  #createAssembler(): Assembler {
    return new Assembler({
      ...this.#options,
      maxBytesOf: (message) => this.#owner.maxBytesOf?.(message) ?? this.#options.valueBytes,
      late: (refused) => this.#late(refused),
    });
  }

  #late(refused: ReceivedMessage): void {
    if (this.#isStopped) return;
    const violation = this.#owner.receive(refused);
    if (violation !== undefined) this.#owner.failed(violation);
  }

  #oweAck(now: boolean): void {
    // Who asks is answered, even if all that came is acknowledged: the answer may have been lost.
    if (now) return this.ackSoon();
    if (!this.#positions.owesAck) return;
    this.#ackDebt?.owe(this.#positions.rx - this.#positions.ackedBack, this.#heartbeat.heardAt);
  }

  /** An acknowledgement is due in this turn. */
  ackSoon(): void {
    this.#mustAck = true;
    this.#schedule();
  }

  /** One PONG waits at most: a peer that does not read must not make us hold what it asked for. */
  #pong(value: number): void {
    if (this.#pongEntry?.state === 'queued') this.#pongMessage.value = value;
    else {
      this.#pongMessage = { kind: 'PONG', value };
      this.#pongEntry = this.#push(this.#pongMessage);
    }
  }

  #push(content: Message | SharedBatch): Outgoing {
    return this.#pushed(this.#outbox.push(content));
  }

  #pushed(entry: Outgoing): Outgoing {
    const { outboxMaxMessages, outboxMaxBytes } = this.#limits;
    // What is large is bounded by whoever makes it, and may be larger than all of this.
    const bytes = this.#outbox.bytes - this.#outbox.bulkBytes;
    if (this.#outbox.count > outboxMaxMessages || bytes > outboxMaxBytes) {
      // Whoever is in the middle of sending goes on with a link that takes nothing any more.
      this.#outbox.withdraw(entry);
      if (!this.#isStopped) this.#failSlow();
      return entry;
    }
    // A loop that awaits settled promises never lets the turn end, so much of it leaves before.
    if (bytes >= this.#limits.writeAheadBytes) this.flush();
    else this.#schedule();
    return entry;
  }

  /** Writes what the turn has left. */
  turnEnded(): void {
    this.#isScheduled = false;
    this.#write(true);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    this.#turnEnd.wait(this);
  }

  /**
   * Writes batches while there is room. An acknowledgement alone leaves once at the end of a turn,
   * and waits for room as well: a peer that does not read could ask for it without end.
   */
  #write(withAck: boolean): void {
    if (this.#isStopped) return;
    try {
      this.#writeBatches(withAck);
    } catch (error) {
      this.#owner.failed('cut', error);
    }
  }

  #writeBatches(withAck: boolean): void {
    const room = this.#limits.writeAheadBytes - this.#transport.bufferedBytes;
    const write = new TurnWrite(this.#transport);
    while (write.bytes < room && this.#outbox.count > 0 && this.#addBatch(write));
    if (withAck && this.#mustAck && write.bytes < room) write.add(this.#encode([]));
    write.end();
    if (write.bytes > 0) this.#heartbeat.look();
    // What is left waits for the socket, or for the peer to acknowledge.
    if (this.#outbox.count > 0 || (this.#mustAck && write.bytes >= room)) {
      this.#stallTimer ??= this.#runtime.startTimer(this.#limits.stalledMs, () => this.#failSlow());
    }
    this.#owner.flushed();
  }

  /** Adds what may go in one batch; with chunks in parts, if the transport takes them. */
  #addBatch(write: TurnWrite): boolean {
    const taken = this.#outbox.take(this.#room());
    const [first] = taken;
    if (first === undefined) return false;
    if (isShared(first)) write.add(first.seal());
    else if (this.#transport.writeParts !== undefined && taken.some(isChunk)) {
      const content = this.#contentOf(taken as Message[]);
      write.addParts(writeBatchParts(writer, this.#options.codec, content));
    } else write.add(this.#encode(taken as Message[]));
    return true;
  }

  #room(): Room {
    const { unackedMessages, batchCloseBytes: bytes } = this.#limits;
    const numbers = unackedMessages - this.#positions.unacked;
    if (this.#outbox.bulkBytes === 0) return { bytes, numbers, bulkBytes: 0, chunks: 0 };
    const window = (this.#window ??= new BulkWindow(this.#limits));
    const chunks = window.isWide ? bytes : 1;
    return { bytes, numbers, bulkBytes: window.room, chunks };
  }

  #encode(messages: Message[]): Uint8Array {
    return writeBatch(writer, this.#options.codec, this.#contentOf(messages));
  }

  /** Gives the next batch with its head, and notes that it is written. */
  #contentOf(messages: readonly Message[]): BatchContent {
    let numbered = 0;
    let chunkBytes = 0;
    for (const message of messages) {
      if (takesNumber(message)) numbered++;
      if (message.kind === 'CALL') stampDeadline(message, this.#runtime);
      else if (message.kind === 'CHUNK') chunkBytes += message.bytes.length;
    }
    const seq = numbered > 0 ? this.#positions.tx + 1 : undefined;
    this.#positions.tx += numbered;
    const ack = this.#mustAck || this.#positions.owesAck ? this.#positions.rx : undefined;
    // Not in a batch of acknowledgements alone: two peers would ask each other for ever.
    const now = numbered > 0 && this.#mustAsk(chunkBytes);
    this.#positions.ackedBack = this.#positions.rx;
    this.#mustAck = false;
    this.#ackDebt?.settled();
    return { head: { seq, ack, now }, messages };
  }

  /** Whether the peer must acknowledge at once, so that its sender need not wait. */
  #mustAsk(chunkBytes: number): boolean {
    const isAlmostFull = this.#positions.unacked * 2 > this.#limits.unackedMessages;
    const window = this.#window;
    if (chunkBytes === 0 || window === undefined) return isAlmostFull;
    window.wrote(this.#positions.tx, chunkBytes, this.#runtime.now());
    return isAlmostFull || window.isHalfUsed;
  }

  #failSlow(): void {
    this.#owner.failed({ code: 'SLOW', reason: 'the reader is too slow' });
  }

  /** The peer has taken something. */
  #progressed(): void {
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
  }
}
