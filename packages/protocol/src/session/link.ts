import { readBatch, takesNumber, type Batch } from '../batch.js';
import type { Close } from '../close-code.js';
import type { WireLimits } from '../limits.js';
import type { Message, ReceivedMessage } from '../message.js';
import type { Transport } from '../transport.js';
import { Violation } from '../violation.js';
import { AckDebt, type AckDebtor } from './ack-debt.js';
import { Assembler } from './assembler.js';
import { Heartbeat, type Heartbeated } from './heartbeat.js';
import type { LinkOptions, LinkOwner } from './link-owner.js';
import { LinkWriter, type WriterOwner } from './link-writer.js';
import type { Outgoing } from './outbox.js';
import { Positions } from './positions.js';
import type { SharedBatch } from './shared-batch.js';

export type { LinkOptions, LinkOwner } from './link-owner.js';

const NO_PONG = { kind: 'PONG' as const, value: 0 };

/**
 * The messages of one session, from batches and into batches, over one connection after the other. It
 * checks their numbers, acknowledges them, keeps what the peer has not acknowledged, and watches
 * that the peer lives.
 */
export class Link implements Heartbeated, AckDebtor, WriterOwner {
  readonly #owner: LinkOwner;
  readonly #limits: WireLimits;
  readonly #options: Omit<LinkOptions, 'transport'>;
  readonly #positions = new Positions();
  readonly #writer: LinkWriter;
  #heartbeat: Heartbeat;
  /** Silence before a PING. */
  #idleMs: number;
  #ackDebt: AckDebt | undefined;
  #assembler: Assembler | undefined;
  #isStopped = false;
  #isDeaf = false;
  #pongMessage = NO_PONG;
  #pongEntry: Outgoing | undefined;

  constructor(owner: LinkOwner, options: LinkOptions) {
    this.#owner = owner;
    this.#limits = options.limits;
    this.#idleMs = options.limits.idleMs;
    // A session may outlive its first connection, which must not be kept for that.
    const { transport, runtime, limits, side, codec, valueBytes, assembly } = options;
    // Written out: the rest of a pattern makes objects of a kind that is slow to read.
    const kept = { runtime, limits, side, codec, valueBytes, assembly };
    this.#options = kept;
    this.#writer = new LinkWriter(this, this.#positions, kept);
    this.#writer.open(transport);
    this.#heartbeat = this.#createHeartbeat();
  }

  /** The peer takes chunks: from now on large messages are cut, and small ones pass them. */
  allowChunks(): void {
    this.#writer.outbox.cuts = true;
  }

  /** Pings after so many milliseconds of silence, on this connection and on those that follow. */
  pingAfter(idleMs: number): void {
    if (idleMs === this.#idleMs) return;
    this.#idleMs = idleMs;
    if (!this.#writer.isOpen) return;
    this.#heartbeat.stop();
    this.#heartbeat = this.#createHeartbeat();
  }

  /** Asks for a sign of life; without one in so many milliseconds the connection is dead. */
  probe(ms: number): void {
    this.#heartbeat.probe(ms);
  }

  /** Milliseconds since a batch came, by the clock that has moved on more. */
  get silentMs(): number {
    return this.#heartbeat.silentMs;
  }

  /** The connection is gone. Messages with a number wait for the next one, and all others go. */
  detach(): void {
    this.#heartbeat.stop();
    this.#ackDebt?.stop();
    this.#ackDebt = undefined;
    this.#assembler?.pause();
    this.#pongEntry = undefined;
    this.#writer.close();
  }

  /** There is another connection; nothing but `first` is written on it before `resume`. */
  attach(transport: Transport, first?: Message): void {
    this.#writer.hold(transport, first);
    this.#heartbeat = this.#createHeartbeat();
  }

  /** Whether the session can go on where the peer says that it is (PROTOCOL.md, "RESUME"). */
  canResume(peerRx: number, peerFirst: number): boolean {
    return this.#positions.canResume(peerRx, peerFirst);
  }

  /**
   * Goes on with a peer that has all up to this number, for which `canResume` must hold: `first`
   * leaves first, then what was written in vain, with the numbers that it has, then what waits.
   */
  resume(transport: Transport, peerRx: number, first?: Message): void {
    this.#writer.trim(this.#positions.resume(peerRx));
    this.#assembler?.resume();
    this.#writer.open(transport);
    if (first !== undefined) this.send(first);
    this.#heartbeat.look();
  }

  /** The highest number that has come from the peer. */
  get rx(): number {
    return this.#positions.rx;
  }

  /** Number of the oldest message that is not acknowledged, or the next one. */
  get first(): number {
    return this.#positions.acked + 1;
  }

  /** When a batch came last, on the clock of the runtime. */
  get heardAt(): number {
    return this.#heartbeat.heardAt;
  }

  /** Whether large messages are cut. */
  get cutsLarge(): boolean {
    return this.#writer.outbox.cuts;
  }

  /** Bytes that wait here or in the socket. */
  get queuedBytes(): number {
    return this.#writer.outbox.bytes + this.#writer.bufferedBytes;
  }

  /** Of those, the bytes of large messages, and of what must stay behind them. */
  get bulkBytes(): number {
    return this.#writer.outbox.bulkBytes;
  }

  /** Of those, the bytes of large messages that are being written, or are the next to be. */
  get begunBytes(): number {
    return this.#writer.outbox.begunBytes;
  }

  /** Bytes that wait here, without those in the socket. */
  get outboxBytes(): number {
    return this.#writer.outbox.bytes;
  }

  /** Bytes that were written and are not acknowledged, without those of large messages. */
  get unackedBytes(): number {
    return this.#writer.unacked.bytes;
  }

  /** Bytes that were written and may have to be held: in the socket, or not acknowledged. */
  get writtenBytes(): number {
    return Math.max(this.#writer.bufferedBytes, this.#writer.unacked.bytes);
  }

  /** Bytes of large messages that were written and are not acknowledged. */
  get unackedBulkBytes(): number {
    return this.#writer.unacked.chunkBytes;
  }

  /** Whether all that waited was written, and all that was accepted is acknowledged. */
  get isSettled(): boolean {
    return this.hasAcknowledged && !this.#writer.hasMore;
  }

  /** Whether all that was accepted is acknowledged. */
  get hasAcknowledged(): boolean {
    return !this.#positions.owesAck;
  }

  /** Bytes of values that come in chunks and are not complete. */
  get assembledBytes(): number {
    return this.#assembler?.heldBytes ?? 0;
  }

  /** Messages that wait here. */
  get queuedMessages(): number {
    return this.#writer.outbox.count;
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
    this.#writer.scheduleRest();
    return undefined;
  }

  /** Queues a message; it leaves with everything else of this turn. */
  send(message: Message): Outgoing {
    return this.#writer.push(message);
  }

  /** Queues a batch that others send as well, the same bytes. Tell it with `grew` of what is added. */
  sendShared(batch: SharedBatch): Outgoing {
    return this.#writer.push(batch);
  }

  /** A shared batch that waits here has so many more bytes. */
  grew(entry: Outgoing, bytes: number): void {
    if (entry.state !== 'queued') return;
    this.#writer.outbox.grow(entry, bytes);
    this.#writer.pushed(entry);
  }

  /** Takes a message back that was not written as a whole; `false` if it was. */
  withdraw(entry: Outgoing): boolean {
    const isWithdrawn = this.#writer.outbox.withdraw(entry);
    // It may have begun, and then its end is to be told.
    if (isWithdrawn && entry.isBegun) this.#writer.schedule();
    return isWithdrawn;
  }

  /**
   * Sees to it that a call which was written never runs, if the peer has not accepted it; `true` if
   * that is certain, and nobody will answer it.
   */
  void(entry: Outgoing): boolean {
    return this.#writer.void(entry);
  }

  /** Takes back all that a call has in chunks or behind them; `false` if there was nothing. */
  abandon(id: number): boolean {
    const isAbandoned = this.#writer.outbox.abandon(id);
    if (isAbandoned) this.#writer.schedule();
    return isAbandoned;
  }

  /** Writes the messages that wait, as far as the socket takes them. Never throws. */
  flush(): void {
    this.#writer.flush();
  }

  /** The socket has room again. */
  writable(): void {
    this.#writer.progressed();
    this.#writer.scheduleRest();
  }

  /**
   * Accepts nothing any more that has a number, and acknowledges all that was accepted: of what comes
   * from now on the peer knows that it had no effect.
   */
  deafen(): void {
    this.#isDeaf = true;
    if (this.#positions.owesAck) this.ackSoon();
  }

  /** Ends all timers and sends nothing any more. */
  stop(): void {
    this.#isStopped = true;
    this.#heartbeat.stop();
    this.#assembler?.stop();
    this.#ackDebt?.stop();
    this.#writer.stop();
  }

  /** Whether the peer owes something; for the heartbeat. */
  isBusy(): boolean {
    if (!this.#writer.isOpen) return false;
    const isOwed = this.#positions.unacked > 0 || this.#assembler?.isBusy === true;
    return isOwed || this.#owner.isBusy();
  }

  /** Asks the peer for a sign of life; for the heartbeat. */
  ping(value: number): void {
    this.send({ kind: 'PING', value });
    this.flush();
  }

  /** The peer gives no sign of life; for the heartbeat. */
  dead(): void {
    this.#owner.failed('cut');
  }

  /** An acknowledgement is due in this turn; for the debt. */
  ackSoon(): void {
    this.#writer.ackSoon();
  }

  wrote(): void {
    this.#heartbeat.look();
  }

  acknowledged(): void {
    this.#ackDebt?.settled();
  }

  flushed(): void {
    this.#owner.flushed();
  }

  replayed(): void {
    this.#owner.replayed?.();
  }

  failed(close: Close | 'cut', error?: unknown): void {
    this.#owner.failed(close, error);
  }

  #accept(batch: Batch, size: number): Violation | undefined {
    let number = 0;
    if (batch.seq !== undefined && !this.#isDeaf) {
      const first = this.#positions.first(batch.seq);
      if (first instanceof Violation) return first;
      number = first;
      (this.#ackDebt ??= new AckDebt(this, this.#options)).received(size);
    }
    if (batch.ack !== undefined) {
      const before = this.#positions.acked;
      const violation = this.#positions.acknowledge(batch.ack);
      if (violation !== undefined) return violation;
      const count = this.#positions.acked - before;
      if (count > 0) this.#writer.trim(count);
    }
    for (const message of batch.messages) {
      if (takesNumber(message) && (this.#isDeaf || !this.#positions.take(number++))) continue;
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
        this.#heartbeat.answered(message.value);
        return undefined;
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

  #createHeartbeat(): Heartbeat {
    const { runtime, limits, side } = this.#options;
    const pingsWhenIdle = side === 'server';
    return new Heartbeat(this, { runtime, limits, pingsWhenIdle, idleMs: this.#idleMs });
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

  /** One PONG waits at most: a peer that does not read must not make us hold what it asked for. */
  #pong(value: number): void {
    if (this.#pongEntry?.state === 'queued') this.#pongMessage.value = value;
    else {
      this.#pongMessage = { kind: 'PONG', value };
      this.#pongEntry = this.#writer.push(this.#pongMessage);
    }
  }
}
