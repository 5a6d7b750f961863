import { decodeBatch, encodeBatch, takesNumber, type Batch } from '../batch.js';
import { Writer } from '../bytes/writer.js';
import type { Close } from '../close-code.js';
import type { WireLimits } from '../limits.js';
import type { Message, ReceivedMessage } from '../message.js';
import type { Runtime, Timer } from '../runtime.js';
import type { Transport } from '../transport.js';
import { Violation } from '../violation.js';
import { Heartbeat } from './heartbeat.js';
import { isShared, Outbox, type Outgoing } from './outbox.js';
import { Positions } from './positions.js';

/** What a link tells the connection that owns it. None of these throws. */
export interface LinkOwner {
  /** Acts on one message; PING, PONG, VOID and skipped ones do not come here. */
  receive(message: ReceivedMessage): Violation | undefined;
  /** Whether a call is outstanding. */
  isBusy(): boolean;
  /** The outbox has been written as far as it could. */
  flushed(): void;
  /**
   * The connection must end like this: the peer is silent or takes nothing, or something could not
   * be written, and then `error` says what.
   */
  failed(close: Close | 'cut', error?: unknown): void;
}

/** What a link is made of; the transport must be open. */
export interface LinkOptions {
  readonly transport: Transport;
  readonly runtime: Runtime;
  readonly limits: WireLimits;
  readonly side: 'client' | 'server';
}

/**
 * One connection's messages, from batches and into batches. It checks their numbers, acknowledges
 * them, gathers what is sent in a turn into one write, and watches that the peer lives.
 */
export class Link {
  readonly #owner: LinkOwner;
  readonly #transport: Transport;
  readonly #runtime: Runtime;
  readonly #limits: WireLimits;
  readonly #heartbeat: Heartbeat;
  readonly #positions = new Positions();
  readonly #outbox = new Outbox();
  readonly #writer = new Writer();
  #isScheduled = false;
  #isStopped = false;
  #mustAck = false;
  #unackedBytes = 0;
  #ackTimer: Timer | undefined;
  #stallTimer: Timer | undefined;
  #pongMessage = { kind: 'PONG' as const, value: 0 };
  #pongEntry: Outgoing | undefined;

  constructor(owner: LinkOwner, options: LinkOptions) {
    this.#owner = owner;
    this.#transport = options.transport;
    this.#runtime = options.runtime;
    this.#limits = options.limits;
    this.#heartbeat = new Heartbeat(
      {
        isBusy: () => this.#isBusy(),
        ping: () => this.#ping(),
        dead: () => this.#owner.failed('cut'),
      },
      {
        runtime: options.runtime,
        limits: options.limits,
        pingsWhenIdle: options.side === 'server',
      },
    );
  }

  /** Bytes that wait here or in the socket. */
  get queuedBytes(): number {
    return this.#outbox.bytes + this.#transport.bufferedBytes;
  }

  /** Whether the peer has sent anything that has a number. */
  get hasReceivedNumbers(): boolean {
    return this.#positions.rx > 0;
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

  /** Queues a batch that others send as well, the same bytes. */
  sendShared(batch: Uint8Array): Outgoing {
    return this.#push(batch);
  }

  /** Takes a message back that was not written; `false` if it was. */
  withdraw(entry: Outgoing): boolean {
    return this.#outbox.withdraw(entry);
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
    this.#ackTimer?.cancel();
    this.#stallTimer?.cancel();
  }

  #accept(batch: Batch, size: number): Violation | undefined {
    let number = 0;
    if (batch.seq !== undefined) {
      const first = this.#positions.first(batch.seq);
      if (first instanceof Violation) return first;
      number = first;
      this.#unackedBytes += size;
    }
    if (batch.ack !== undefined) {
      const before = this.#positions.acked;
      const violation = this.#positions.acknowledge(batch.ack);
      if (violation !== undefined) return violation;
      if (this.#positions.acked > before) this.#progressed();
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
      default:
        return this.#owner.receive(message);
    }
  }

  #oweAck(now: boolean): void {
    // Who asks is answered, even if all that came is acknowledged: the answer may have been lost.
    if (now) return this.#ackSoon();
    if (!this.#positions.owesAck) return;
    const count = this.#positions.rx - this.#positions.ackedBack;
    if (count >= this.#limits.ackMessages || this.#unackedBytes >= this.#limits.ackBytes) {
      this.#ackSoon();
    } else {
      this.#ackTimer ??= this.#runtime.startTimer(this.#limits.ackDelayMs, () => this.#ackSoon());
    }
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

  #push(content: Message | Uint8Array): Outgoing {
    const entry = this.#outbox.push(content);
    const { outboxMaxMessages, outboxMaxBytes } = this.#limits;
    if (this.#outbox.count > outboxMaxMessages || this.#outbox.bytes > outboxMaxBytes) {
      // Whoever is in the middle of sending goes on with a link that takes nothing any more.
      this.#outbox.withdraw(entry);
      if (!this.#isStopped) this.#failSlow();
      return entry;
    }
    // A loop that awaits settled promises never lets the turn end, so much of it leaves before.
    if (this.#outbox.bytes >= this.#limits.writeAheadBytes) this.flush();
    else this.#schedule();
    return entry;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    this.#runtime.endOfTurn(() => {
      this.#isScheduled = false;
      this.#write(true);
    });
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
    while (room > 0) {
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
    const numbers = this.#limits.unackedMessages - this.#positions.unacked;
    const entries = this.#outbox.take(this.#limits.batchCloseBytes, numbers);
    const first = entries[0]?.content;
    if (first === undefined) return undefined;
    return isShared(first) ? first : this.#encode(entries.map(({ content }) => content as Message));
  }

  #encode(messages: Message[]): Uint8Array {
    const numbered = messages.filter(takesNumber).length;
    const seq = numbered > 0 ? this.#positions.tx + 1 : undefined;
    this.#positions.tx += numbered;
    for (const message of messages) this.#stampDeadline(message);
    const ack = this.#mustAck || this.#positions.owesAck ? this.#positions.rx : undefined;
    // Not in a batch of acknowledgements alone: two peers would ask each other for ever.
    const now = numbered > 0 && this.#positions.unacked * 2 > this.#limits.unackedMessages;
    const head = { seq, ack, now };
    this.#acknowledged();
    return encodeBatch(this.#writer, head, messages);
  }

  /** The deadline travels as what remains when it is written. */
  #stampDeadline(message: Message): void {
    if (message.kind !== 'CALL' || message.deadlineAt === undefined) return;
    const remaining = Math.ceil(message.deadlineAt - this.#runtime.now());
    message.deadlineMs = Math.min(Math.max(0, remaining), 0xffffffff);
  }

  #acknowledged(): void {
    this.#positions.ackedBack = this.#positions.rx;
    this.#mustAck = false;
    this.#unackedBytes = 0;
    this.#ackTimer?.cancel();
    this.#ackTimer = undefined;
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
