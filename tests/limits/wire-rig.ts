import {
  CLOSE_CODES,
  decodeBatch,
  encodeBatch,
  ENCODING,
  FULL_CODEC,
  resolveLimits,
  takesNumber,
  WIRE_LIMITS,
  Writer,
  type Batch,
  type BatchHead,
  type Close,
  type Message,
  type ReceivedMessage,
  type Transport,
  type WireLimits,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { Link } from '../../packages/protocol/src/session/link.js';
import type { Outcome } from './driver.js';

/** Chance in the middle: what is spread around a time falls on it. */
class EvenRuntime extends VirtualRuntime {
  override random(): number {
    return 0.5;
  }
}

/** A result with so many bytes of payload. */
export function resultOf(id: number, size: number): Message {
  return { kind: 'RESULT', id, encoding: ENCODING.BYTES, bytes: new Uint8Array(size) };
}

/** Makes a batch of exactly so many bytes, which is one message. */
export function batchOf(size: number, make: (payload: number) => Message): Uint8Array {
  for (let payload = Math.max(0, size - 40); payload <= size; payload++) {
    const batch = encodeBatch(new Writer(), { seq: 1 }, [make(payload)]);
    if (batch.length === size) return batch.slice();
  }
  throw new RangeError(`no batch has ${size} bytes`);
}

/** The server's half of a link, whose socket is as full as the test says. */
export class WireRig {
  readonly runtime = new EvenRuntime();
  readonly batches: Batch[] = [];
  readonly link: Link;
  buffered = 0;
  isBusy = false;
  ended: Close | 'cut' | undefined;

  constructor(limits: Partial<WireLimits>) {
    const transport: Transport = {
      write: (batches) =>
        void this.batches.push(...batches.map((batch) => decodeBatch(batch.slice()) as Batch)),
      bufferedBytes: 0,
      close: () => undefined,
      abort: () => undefined,
    };
    Object.defineProperty(transport, 'bufferedBytes', { get: () => this.buffered });
    const owner = {
      receive: () => undefined,
      isBusy: () => this.isBusy,
      flushed: () => undefined,
      failed: (close: Close | 'cut') => {
        this.ended = close;
        this.link.stop();
      },
    };
    this.link = new Link(owner, {
      transport,
      runtime: this.runtime,
      limits: resolveLimits(WIRE_LIMITS, limits),
      side: 'server',
      codec: FULL_CODEC,
      valueBytes: 1_048_576,
    });
  }

  get messages(): readonly ReceivedMessage[] {
    return this.batches.flatMap(({ messages }) => messages);
  }

  /** How many messages with a number were written. */
  get numbered(): number {
    return this.messages.filter(takesNumber).length;
  }

  get hasAcknowledged(): boolean {
    return this.batches.some(({ ack }) => ack !== undefined);
  }

  get outcome(): Outcome {
    if (this.ended === undefined) return 'works';
    if (this.ended === 'cut') return { kind: 'cut' };
    return { kind: 'close', code: CLOSE_CODES[this.ended.code].code };
  }

  async send(...messages: Message[]): Promise<void> {
    for (const message of messages) this.link.send(message);
    await this.runtime.settle();
  }

  /** Gives the link a batch of the peer. */
  async deliver(head: BatchHead, ...messages: Message[]): Promise<void> {
    await this.deliverBytes(encodeBatch(new Writer(), head, messages).slice());
  }

  async deliverBytes(bytes: Uint8Array): Promise<void> {
    const violation = this.link.receive(bytes);
    if (violation !== undefined) this.ended = violation;
    await this.runtime.settle();
  }

  /** Ends it; nothing may be left. */
  stop(): void {
    this.link.stop();
    if (this.runtime.timers > 0) throw new Error(`${this.runtime.timers} timers are left`);
  }
}
