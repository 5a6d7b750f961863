import {
  FULL_CODEC,
  Link,
  Violation,
  WIRE_DEFAULTS,
  type LinkOwner,
  type Message,
  type Outgoing,
  type ReceivedMessage,
  type Transport,
} from '@trunkline/protocol';
import { readBatch, takesNumber } from '../../packages/protocol/src/batch.js';
import type { StepRuntime } from './step-runtime.js';

/** So low that a few messages reach each of them. */
export const LIMITS = {
  ...WIRE_DEFAULTS,
  cutBytes: 64,
  chunkBytes: 32,
  batchCloseBytes: 200,
  writeAheadBytes: 600,
  bulkTurnBytes: 128,
  windowStartBytes: 96,
  windowMinBytes: 64,
  windowMaxBytes: 512,
  unackedMessages: 12,
  unackedBytes: 500,
  ackMessages: 4,
  ackBytes: 300,
  deadMs: 1e9,
  busyDeadMs: 1e9,
  idleMs: 1e9,
  busyIdleMs: 1e9,
  stalledMs: 1e9,
  chunkPauseMs: 1e9,
};

/** A message that was given to a link, and what it is to arrive behind. */
export interface Given {
  readonly serial: number;
  readonly message: Message;
  readonly entry: Outgoing;
  /** Of one class all arrive in order, and so do all of one call. */
  readonly order: 'main' | 'CREDIT' | 'CANCEL' | undefined;
  readonly call: number | undefined;
  /** Whether it was to be made void, which may come too late. */
  isVoided: boolean;
}

/** One end of a wire: what a link writes waits here until it is delivered. */
class Wire implements Transport {
  readonly waiting: Uint8Array[] = [];
  readonly #wrote: (batch: Uint8Array) => void;

  constructor(wrote: (batch: Uint8Array) => void) {
    this.#wrote = wrote;
  }

  get bufferedBytes(): number {
    return this.waiting.reduce((sum, { length }) => sum + length, 0);
  }

  write(batches: readonly Uint8Array[]): void {
    for (const batch of batches) {
      this.#wrote(batch);
      this.waiting.push(batch.slice());
    }
  }

  close(): void {}

  abort(): void {}
}

/** A link, what it was given, and what the other side was given of that. */
export class LinkedPeer implements LinkOwner {
  readonly side: 'client' | 'server';
  readonly link: Link;
  readonly given: Given[] = [];
  readonly received: number[] = [];
  wire: Wire;
  /** Numbers as the wire says them. */
  tx = 0;
  acked = 0;
  /** Numbered messages that have come since the last batch with an acknowledgement was written. */
  owed = 0;
  /** The number that must come next on this connection. */
  #next = 1;

  constructor(side: 'client' | 'server', runtime: StepRuntime) {
    this.side = side;
    this.wire = this.#createWire();
    const codec = FULL_CODEC;
    const common = { transport: this.wire, runtime, limits: LIMITS, side, codec };
    this.link = new Link(this, { ...common, valueBytes: 100_000 });
    this.link.allowChunks();
  }

  /** The connection is gone, as this side sees it. */
  cut(): void {
    this.link.detach();
    this.wire = this.#createWire();
  }

  /** There is another connection, on which nothing may be written yet. */
  dial(): void {
    this.wire = this.#createWire();
    this.link.attach(this.wire);
  }

  /** The session goes on behind what the other side has. */
  resume(peerRx: number): void {
    this.acked = Math.max(this.acked, peerRx);
    this.owed = 0;
    this.#next = peerRx + 1;
    this.link.resume(this.wire, peerRx);
  }

  isBusy(): boolean {
    return false;
  }

  flushed(): void {}

  failed(close: unknown, error?: unknown): void {
    throw new Error(`failed: ${JSON.stringify(close)}`, { cause: error });
  }

  receive(message: ReceivedMessage): undefined {
    const serial = serialOf(message);
    if (serial !== undefined) this.received.push(serial);
  }

  /** Gives the link a message of some kind, and of so many bytes. */
  send(
    kind: 'CALL' | 'RESULT' | 'ITEM' | 'CREDIT' | 'CANCEL' | 'MESSAGE',
    id: number,
    bytes: number,
  ): void {
    const serial = this.given.length;
    const payload = new Uint8Array(Math.max(4, bytes));
    new DataView(payload.buffer).setUint32(0, serial);
    const carried = { encoding: 3 as const, bytes: payload };
    const message = {
      CALL: { kind: 'CALL', id, procedure: 0, ...carried },
      RESULT: { kind: 'RESULT', id, ...carried },
      ITEM: { kind: 'ITEM', id, ...carried },
      MESSAGE: { kind: 'MESSAGE', topic: 1, offset: serial + 1, skipped: 0, ...carried },
      CREDIT: { kind: 'CREDIT', id, items: serial, bytes: 0 },
      CANCEL: { kind: 'CANCEL', id: serial, reason: 'withdrawn' },
    }[kind] as Message;
    const isControl = kind === 'CREDIT' || kind === 'CANCEL';
    const call = isControl || kind === 'MESSAGE' ? undefined : id;
    const isBehindLarge = call !== undefined && (bytes > LIMITS.cutBytes || this.#hasLane(call));
    const order =
      kind === 'CREDIT' || kind === 'CANCEL' ? kind : isBehindLarge ? undefined : 'main';
    const entry = this.link.send(message);
    this.given.push({ serial, message, entry, order, call, isVoided: false });
  }

  /** Takes the next batch of the other side; `false` where none waits. */
  take(from: LinkedPeer): boolean {
    const batch = from.wire.waiting.shift();
    if (batch === undefined) return false;
    const read = readBatch(batch, FULL_CODEC);
    if (read instanceof Violation) throw new Error(read.reason);
    if (read.ack !== undefined) this.acked += (read.ack - this.acked) & 0xffff;
    this.owed += read.messages.filter(takesNumber).length;
    const violation = this.link.receive(batch);
    if (violation !== undefined) throw new Error(violation.reason);
    if (from.wire.bufferedBytes < LIMITS.writeAheadBytes) from.link.writable();
    return true;
  }

  #hasLane(call: number): boolean {
    return this.given.some(
      (one) => one.call === call && one.order === undefined && one.entry.state === 'queued',
    );
  }

  #createWire(): Wire {
    return new Wire((batch) => this.#wrote(batch));
  }

  /** Holds what was written against the rules of the wire. */
  #wrote(bytes: Uint8Array): void {
    const batch = readBatch(bytes, FULL_CODEC);
    if (batch instanceof Violation) throw new Error(batch.reason);
    if (batch.ack !== undefined) this.owed = 0;
    const isLarge = bytes.length > LIMITS.batchCloseBytes + LIMITS.cutBytes;
    if (isLarge && batch.messages.length > 1) throw new Error(`a batch of ${bytes.length} bytes`);
    if (batch.seq === undefined) return;
    // Nothing is left out on a connection, and nothing comes twice.
    if (batch.seq !== (this.#next & 0xffff)) throw new Error(`${batch.seq} for ${this.#next}`);
    this.#next += batch.messages.filter(takesNumber).length;
    this.tx = Math.max(this.tx, this.#next - 1);
    if (this.tx - this.acked > LIMITS.unackedMessages) {
      throw new Error(`${this.tx - this.acked} messages are not acknowledged`);
    }
  }
}

function serialOf(message: ReceivedMessage): number | undefined {
  switch (message.kind) {
    case 'CREDIT':
      return message.items;
    case 'CANCEL':
      return message.id;
    case 'REFUSED':
      return undefined;
    default: {
      const { bytes } = message as { bytes: Uint8Array };
      return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    }
  }
}
