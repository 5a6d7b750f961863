import {
  decodeBatch,
  encodeBatch,
  SESSION_LIMITS,
  takesNumber,
  Violation,
  WIRE_LIMITS,
  Writer,
  type Message,
  type ReceivedMessage,
} from '@trunkline/protocol';
import type { WebSocket } from 'ws';
import { CreditLedger } from './credit-ledger.js';
import { Inbox } from './inbox.js';

/** How a connection ended: 1006 when nobody said goodbye. */
export interface Ended {
  readonly kind: 'ENDED_CONNECTION';
  readonly code: number;
  readonly reason: string;
}

/** A fault of the other side against PROTOCOL.md that no message shows. */
export interface Broken {
  readonly kind: 'BROKEN';
  readonly fault: string;
}

export type Arrival = ReceivedMessage | Ended | Broken;

const MAX_LINE = 200;
/** Messages from the callee that end a call. */
const FINAL = new Set(['RESULT', 'ERROR', 'END']);

/** One end of a connection that speaks the protocol and leaves what is said to its owner. */
export class WireEnd {
  readonly arrivals = new Inbox<Arrival>();
  /** What was said, for people. */
  readonly transcript: string[] = [];
  readonly credit: CreditLedger;
  /** Ids of the other side's calls that have no final message yet. */
  readonly #taken = new Set<number>();
  readonly #isClient: boolean;
  #tx = 0;
  #rx = 0;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, isClient: boolean) {
    this.#socket = socket;
    this.#isClient = isClient;
    this.credit = new CreditLedger(
      isClient
        ? [SESSION_LIMITS.upCreditItems.absent, WIRE_LIMITS.downCreditItems.value]
        : [WIRE_LIMITS.downCreditItems.value, SESSION_LIMITS.upCreditItems.absent],
    );
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('close', (code, reason) => this.#ended(code, reason.toString()));
    socket.on('error', () => undefined);
  }

  /** Writes messages as one batch that acknowledges all that has come. */
  send(messages: readonly Message[]): void {
    const numbered = messages.filter(takesNumber).length;
    const seq = numbered === 0 ? undefined : this.#tx + 1;
    this.#tx += numbered;
    for (const message of messages) {
      this.credit.sent(message);
      if (FINAL.has(message.kind) && 'id' in message) this.#taken.delete(message.id);
      this.transcript.push(`> ${describe(message)}`);
    }
    this.#write(encodeBatch(new Writer(), { seq, ack: this.#ack() }, messages));
  }

  /** Writes bytes as they stand, which take that many numbers. */
  sendBytes(bytes: Uint8Array, sequenced: number): void {
    this.#tx += sequenced;
    this.transcript.push(`> ${Buffer.from(bytes.subarray(0, 64)).toString('hex')}`);
    this.#write(bytes);
  }

  /** Closes the WebSocket, or drops the connection without a word. */
  close(code: number | 'cut'): void {
    this.transcript.push(`> close ${code}`);
    if (code === 'cut') this.#socket.terminate();
    else this.#socket.close(code);
  }

  // HELLO and WELCOME stand before any number.
  #ack(): number | undefined {
    return this.#rx === 0 ? undefined : this.#rx;
  }

  #write(bytes: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(Buffer.from(bytes));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!isBinary) return this.#broken('sent a text message');
    if (data.length > WIRE_LIMITS.batchBytes.value) this.#broken('sent a batch above 256 KiB');
    const batch = decodeBatch(data);
    if (batch instanceof Violation) return this.#broken(`sent a bad batch: ${batch.reason}`);
    const numbered = batch.messages.filter(takesNumber).length;
    if (batch.seq !== undefined && batch.seq !== ((this.#rx + 1) & 0xffff)) {
      this.#broken(`numbered a batch ${batch.seq} where ${this.#rx + 1} was due`);
    }
    this.#rx += numbered;
    if (batch.ack !== undefined && ((this.#tx - batch.ack) & 0xffff) > this.#tx) {
      this.#broken(`acknowledged ${batch.ack} of ${this.#tx}`);
    }
    for (const message of batch.messages) this.#take(message);
    if (batch.now || numbered > 0) this.#write(encodeBatch(new Writer(), { ack: this.#rx }, []));
  }

  #take(message: ReceivedMessage): void {
    this.transcript.push(`< ${describe(message)}`);
    if (message.kind === 'PING') return this.send([{ kind: 'PONG', value: message.value }]);
    const fault = this.credit.received(message) ?? this.#takeId(message);
    if (fault !== undefined) this.#broken(fault);
    this.arrivals.put(message);
  }

  #takeId(message: ReceivedMessage): string | undefined {
    if (message.kind !== 'CALL') return undefined;
    const { id } = message;
    if (id % 2 !== (this.#isClient ? 1 : 0)) return `used id ${id}, which is the other side's`;
    if (this.#taken.has(id)) return `used id ${id}, which has no final message yet`;
    this.#taken.add(id);
    return undefined;
  }

  #broken(fault: string): void {
    this.transcript.push(`< it ${fault}`);
    this.arrivals.put({ kind: 'BROKEN', fault });
  }

  #ended(code: number, reason: string): void {
    this.transcript.push(`< close ${code} ${reason}`);
    this.credit.end();
    this.arrivals.put({ kind: 'ENDED_CONNECTION', code, reason });
  }
}

function describe(message: ReceivedMessage): string {
  return JSON.stringify(message, showBytes).slice(0, MAX_LINE);
}

function showBytes(_key: string, value: unknown): unknown {
  // A Buffer has become this by its own `toJSON` before it gets here.
  const isBuffer = typeof value === 'object' && value !== null && 'data' in value;
  const bytes = isBuffer ? value.data : value;
  if (!(bytes instanceof Uint8Array || isBuffer)) return value;
  return Buffer.from(bytes as Uint8Array).toString('latin1');
}
