import { decodeBatch, encodeBatch, FULL_CODEC } from '../src/full-codec.js';
import { takesNumber, type Batch, type BatchHead } from '../src/batch.js';
import { Writer } from '../src/bytes/writer.js';
import type { Close } from '../src/close-code.js';
import { resolveLimits, WIRE_LIMITS, type WireLimits } from '../src/limits.js';
import { ENCODING, type Message, type ReceivedMessage } from '../src/message.js';
import { Link } from '../src/session/link.js';
import type { LinkOwner } from '../src/session/link-owner.js';
import { VirtualRuntime } from '../src/testing/virtual-runtime.js';
import type { Transport } from '../src/transport.js';
import type { Violation } from '../src/violation.js';

/** One connection: keeps what is written on it. */
export class KeptTransport implements Transport {
  readonly batches: Batch[] = [];
  bufferedBytes = 0;

  write(batches: readonly Uint8Array[]): void {
    this.batches.push(...batches.map((batch) => decodeBatch(batch.slice()) as Batch));
  }

  close(): void {}
  abort(): void {}

  get messages(): ReceivedMessage[] {
    return this.batches.flatMap(({ messages }) => messages);
  }

  /** The kinds that were written, each with its number if it has one. */
  get said(): string[] {
    return this.batches.flatMap(({ seq = 0, messages }) => {
      let number = seq;
      return messages.map((message) => {
        return takesNumber(message) ? `${message.kind} ${number++}` : message.kind;
      });
    });
  }
}

/** A link that goes over one connection after the other, with a peer that the test plays. */
export class ResumedLink implements LinkOwner {
  readonly runtime = new VirtualRuntime();
  readonly received: ReceivedMessage[] = [];
  readonly failures: (Close | 'cut')[] = [];
  readonly link: Link;
  transport = new KeptTransport();
  replays = 0;
  isOutstanding = false;

  constructor(side: 'client' | 'server' = 'client', limits: Partial<WireLimits> = {}) {
    const { transport, runtime } = this;
    const options = { transport, runtime, side, limits: resolveLimits(WIRE_LIMITS, limits) };
    this.link = new Link(this, { ...options, codec: FULL_CODEC, valueBytes: 1_048_576 });
  }

  /** Gives the link a batch of the peer. */
  deliver(head: BatchHead, ...messages: Message[]): string | undefined {
    return this.link.receive(encodeBatch(new Writer(), head, messages).slice())?.name;
  }

  /** The connection is gone, and the peer comes back with all up to a number. */
  async resume(peerRx: number, first?: Message): Promise<KeptTransport> {
    this.link.detach();
    this.transport = new KeptTransport();
    this.link.attach(this.transport);
    this.link.resume(this.transport, peerRx, first);
    await this.runtime.settle();
    return this.transport;
  }

  receive(message: ReceivedMessage): Violation | undefined {
    this.received.push(message);
    return undefined;
  }

  isBusy(): boolean {
    return this.isOutstanding;
  }

  flushed(): void {}

  replayed(): void {
    this.replays++;
  }

  failed(close: Close | 'cut'): void {
    this.failures.push(close);
    this.link.stop();
  }
}

/** A CALL with so many bytes of payload. */
export function callOf(id: number, size = 0): Message {
  const bytes = new Uint8Array(size);
  return { kind: 'CALL', id, procedure: 0, encoding: ENCODING.BYTES, bytes };
}
