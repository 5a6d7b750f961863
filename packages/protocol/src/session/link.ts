import { decodeBatch, encodeBatch, takesNumber, type Batch } from '../batch.js';
import { Writer } from '../bytes/writer.js';
import type { WireLimits } from '../limits.js';
import type { CallMessage, Message, ReceivedMessage } from '../message.js';
import type { Runtime, Timer } from '../runtime.js';
import type { Transport } from '../transport.js';
import { Violation } from '../violation.js';
import { AckDebt } from './ack-debt.js';
import { Heartbeat } from './heartbeat.js';
import { Assembler } from './assembler.js';
import { BulkWindow } from './bulk-window.js';
import { isShared, Outbox, type Outgoing, type Room } from './outbox.js';
import type { LinkOptions, LinkOwner } from './link-owner.js';
import { Positions } from './positions.js';
import type { SharedBatch } from './shared-batch.js';
import { TurnEnd } from './turn-end.js';

export type { LinkOptions, LinkOwner } from './link-owner.js';

/** With so wide a window, as many chunks as fit go into one batch. */
const WIDE_BYTES = 524_288;

/**
 * One connection's messages, from batches and into batches. It checks their numbers, acknowledges
 * them, gathers what is sent in a turn into one write, and watches that the peer lives.
 */
export class Link {
  readonly #owner: LinkOwner;
  readonly #transport: Transport;
  readonly #runtime: Runtime;
  readonly #turnEnd: TurnEnd;
  readonly #limits: WireLimits;
  readonly #heartbeat: Heartbeat;
  readonly #positions = new Positions();
  readonly #ackDebt: AckDebt;
  readonly #outbox: Outbox;
  readonly #assembler: Assembler;
  readonly #window: BulkWindow;
  readonly #writer = new Writer();
  #isScheduled = false;
  #isStopped = false;
  #mustAck = false;
  #stallTimer: Timer | undefined;
  #pongMessage = { kind: 'PONG' as const, value: 0 };
  #pongEntry: Outgoing | undefined;

  constructor(owner: LinkOwner, options: LinkOptions) {
    this.#owner = owner;
    this.#transport = options.transport;
    this.#runtime = options.runtime;
    this.#turnEnd = TurnEnd.of(options.runtime);
    this.#limits = options.limits;
    const { limits, side, runtime, valueBytes } = options;
    const isServer = side === 'server';
    const { assemblyBytes, assemblyDownBytes } = limits;
    this.#outbox = new Outbox(limits, isServer ? assemblyDownBytes : assemblyBytes);
    const maxBytes = isServer ? assemblyBytes : assemblyDownBytes;
    const late = (refused: ReceivedMessage): void => this.#late(refused);
    this.#assembler = new Assembler({ runtime, limits, valueBytes, maxBytes, late });
    this.#window = new BulkWindow(limits);
    this.#ackDebt = new AckDebt({ runtime, limits, due: () => this.#ackSoon() });
    const isBusy = (): boolean => this.#isBusy();
    const dead = (): void => this.#owner.failed('cut');
    const watched = { isBusy, ping: (): void => this.#ping(), dead };
    this.#heartbeat = new Heartbeat(watched, { runtime, limits, pingsWhenIdle: isServer });
  }

  /** The peer takes chunks: from now on large messages are cut, and small ones pass them. */
  allowChunks(): void {
    this.#outbox.cuts = true;
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
    return this.#assembler.heldBytes;
  }

  /** Messages that wait here. */
  get queuedMessages(): number {
    return this.#outbox.count;
  }

  /** Reads a batch and hands its messages on; a violation means that the connection must close. */
  receive(bytes: Uint8Array): Violation | undefined {
    if (bytes.length > this.#limits.batchBytes) return new Violation('BATCH_TOO_BIG');
    const batch = decodeBatch(bytes);
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
    this.#assembler.stop();
    this.#ackDebt.stop();
    this.#stallTimer?.cancel();
  }

  #accept(batch: Batch, size: number): Violation | undefined {
    let number = 0;
    if (batch.seq !== undefined) {
      const first = this.#positions.first(batch.seq);
      if (first instanceof Violation) return first;
      number = first;
      this.#ackDebt.received(size);
    }
    if (batch.ack !== undefined) {
      const before = this.#positions.acked;
      const violation = this.#positions.acknowledge(batch.ack);
      if (violation !== undefined) return violation;
      if (this.#positions.acked > before) {
        this.#progressed();
        this.#window.acknowledged(this.#positions.acked, this.#runtime.now());
      }
    }
    for (const message of batch.messages) {
      if (takesNumber(message) && !this.#isNext(number++)) continue;
      const violation = this.#dispatch(message);
      if (violation !== undefined) return violation;
      if (this.#isStopped) return undefined;
    }
    this.#oweAck(batch.now);
    return undefined;
  }

  /** Counts a sequenced message; `false` for a duplicate. */
  #isNext(number: number): boolean {
    if (number <= this.#positions.rx) return false;
    this.#positions.rx = number;
    return true;
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
        const joined = this.#assembler.take(message);
        if (joined === undefined || joined instanceof Violation) return joined;
        return this.#dispatch(joined);
      }
      default:
        return this.#owner.receive(message);
    }
  }

  /** A value did not go on coming. */
  #late(refused: ReceivedMessage): void {
    if (this.#isStopped) return;
    const violation = this.#owner.receive(refused);
    if (violation !== undefined) this.#owner.failed(violation);
  }

  #oweAck(now: boolean): void {
    // Who asks is answered, even if all that came is acknowledged: the answer may have been lost.
    if (now) return this.#ackSoon();
    if (!this.#positions.owesAck) return;
    this.#ackDebt.owe(this.#positions.rx - this.#positions.ackedBack, this.#heartbeat.heardAt);
  }

  #ackSoon(): void {
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
    const entry = this.#outbox.push(content);
    this.#pushed(entry);
    return entry;
  }

  #pushed(entry: Outgoing): void {
    const { outboxMaxMessages, outboxMaxBytes } = this.#limits;
    // What is large is bounded by whoever makes it, and may be larger than all of this.
    const bytes = this.#outbox.bytes - this.#outbox.bulkBytes;
    if (this.#outbox.count > outboxMaxMessages || bytes > outboxMaxBytes) {
      // Whoever is in the middle of sending goes on with a link that takes nothing any more.
      this.#outbox.withdraw(entry);
      if (!this.#isStopped) this.#failSlow();
      return;
    }
    // A loop that awaits settled promises never lets the turn end, so much of it leaves before.
    if (bytes >= this.#limits.writeAheadBytes) this.flush();
    else this.#schedule();
  }

  readonly #onTurnEnd = (): void => {
    this.#isScheduled = false;
    this.#write(true);
  };

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    this.#turnEnd.wait(this.#onTurnEnd);
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
    const batches: Uint8Array[] = [];
    let room = this.#limits.writeAheadBytes - this.#transport.bufferedBytes;
    while (room > 0 && this.#outbox.count > 0) {
      const batch = this.#nextBatch();
      if (batch === undefined) break;
      batches.push(batch);
      room -= batch.length;
    }
    if (withAck && this.#mustAck && room > 0) batches.push(this.#encode([]));
    if (batches.length > 0) {
      this.#transport.write(batches);
      this.#heartbeat.look();
    }
    // What is left waits for the socket, or for the peer to acknowledge.
    if (this.#outbox.count > 0 || (this.#mustAck && room <= 0)) this.#watchStall();
    this.#owner.flushed();
  }

  #nextBatch(): Uint8Array | undefined {
    const taken = this.#outbox.take(this.#room());
    const [first] = taken;
    if (first === undefined) return undefined;
    return isShared(first) ? first.seal() : this.#encode(taken as Message[]);
  }

  #room(): Room {
    const { unackedMessages, batchCloseBytes } = this.#limits;
    const hasBulk = this.#outbox.bulkBytes > 0;
    return {
      bytes: batchCloseBytes,
      numbers: unackedMessages - this.#positions.unacked,
      bulkBytes: hasBulk ? this.#window.room : 0,
      // Each batch is acknowledged alone, so that a narrow window does not empty in between.
      chunks: hasBulk && this.#window.bytes < WIDE_BYTES ? 1 : batchCloseBytes,
    };
  }

  #encode(messages: Message[]): Uint8Array {
    let numbered = 0;
    let chunkBytes = 0;
    for (const message of messages) {
      if (takesNumber(message)) numbered++;
      if (message.kind === 'CALL') this.#stampDeadline(message);
      else if (message.kind === 'CHUNK') chunkBytes += message.bytes.length;
    }
    const seq = numbered > 0 ? this.#positions.tx + 1 : undefined;
    this.#positions.tx += numbered;
    const ack = this.#mustAck || this.#positions.owesAck ? this.#positions.rx : undefined;
    // Not in a batch of acknowledgements alone: two peers would ask each other for ever.
    const now = numbered > 0 && this.#mustAsk(chunkBytes);
    const head = { seq, ack, now };
    this.#acknowledged();
    return encodeBatch(this.#writer, head, messages);
  }

  /** Whether the peer must acknowledge at once, so that its sender need not wait. */
  #mustAsk(chunkBytes: number): boolean {
    const isAlmostFull = this.#positions.unacked * 2 > this.#limits.unackedMessages;
    if (chunkBytes === 0) return isAlmostFull;
    this.#window.wrote(this.#positions.tx, chunkBytes, this.#runtime.now());
    return isAlmostFull || this.#window.isHalfUsed;
  }

  /** The deadline travels as what remains when it is written. */
  #stampDeadline(message: CallMessage): void {
    if (message.deadlineAt === undefined) return;
    const remaining = Math.ceil(message.deadlineAt - this.#runtime.now());
    message.deadlineMs = Math.min(Math.max(0, remaining), 0xffffffff);
  }

  #acknowledged(): void {
    this.#positions.ackedBack = this.#positions.rx;
    this.#mustAck = false;
    this.#ackDebt.settled();
  }

  #watchStall(): void {
    this.#stallTimer ??= this.#runtime.startTimer(this.#limits.stalledMs, () => this.#failSlow());
  }

  #failSlow(): void {
    this.#owner.failed({ code: 'SLOW', reason: 'the reader is too slow' });
  }

  /** The peer has taken something. */
  #progressed(): void {
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
  }

  #isBusy(): boolean {
    return this.#positions.unacked > 0 || this.#owner.isBusy();
  }

  #ping(): void {
    this.send({ kind: 'PING', value: Math.floor(this.#runtime.random() * 0x100000000) });
    this.flush();
  }
}
