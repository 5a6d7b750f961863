import {
  decodeBatch,
  encodeBatch,
  takesNumber,
  Violation,
  WIRE_DEFAULTS,
  Writer,
  type Message,
  type ReceivedMessage,
  type ResumeMessage,
} from '@trunkline/protocol';
import type { WebSocket } from 'ws';
import { Acknowledgements } from './acknowledgements.js';
import type { Arrival } from './arrival.js';
import { CreditLedger, startingCredit } from './credit-ledger.js';
import { Inbox } from './inbox.js';
import { Manners } from './manners.js';
import { judgePosition } from './position.js';
import { printable, Transcript } from './transcript.js';

/** How a batch is written, when it is not as usual. */
export interface Manner {
  /** The batch has NOW. */
  readonly now?: boolean | undefined;
  /** The messages have the numbers of those before them. */
  readonly again?: boolean | undefined;
  /** They take their numbers, and never come. */
  readonly lost?: boolean | undefined;
}

/** More than a batch may have, so that a larger one is still seen; not more than memory has. */
export const MOST_RECEIVED_BYTES = 1_048_576;
/** More than any conversation has. */
const MOST_ARRIVALS = 10_000;
/** One end of a connection that speaks the protocol and leaves what is said to its owner. */
export class WireEnd {
  readonly arrivals = new Inbox<Arrival>();
  readonly transcript = new Transcript();
  readonly credit: CreditLedger;
  readonly acknowledgements = new Acknowledgements((fault) => this.#broken(fault));
  /** The connection that the session had before, if there is one that may go on here. */
  before: WireEnd | undefined;
  /** What comes is told and nothing else: it counts as lost. */
  loses = false;
  /** Whether a session has begun here, or has gone on. */
  hasSession = false;
  readonly #manners: Manners;
  readonly #socket: WebSocket;
  /** The highest number that was written here. */
  #sent = 0;
  /** The highest number of ours that was not lost. */
  #reached = 0;
  #rx = 0;
  #resume: ResumeMessage | undefined;
  #arrived = 0;
  #acks = 0;
  #fault: string | undefined;

  constructor(socket: WebSocket, isClient: boolean) {
    this.#socket = socket;
    this.#manners = new Manners(isClient);
    this.credit = new CreditLedger(startingCredit(isClient));
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('close', (code, reason) => this.#ended(code, printable(reason.toString())));
    socket.on('error', (error) => this.transcript.add(`< ${printable(error.message)}`));
  }

  /** How many acknowledgements have come. */
  get acks(): number {
    return this.#acks;
  }

  /** The first fault of the other side that no message shows. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Whether what is sent next has a number already, of an earlier connection. */
  get isReplaying(): boolean {
    return this.#sent < this.acknowledgements.tx;
  }

  /** The numbers that a RESUME, RESUMED or GONE of ours tells. */
  get position(): { readonly rx: number; readonly first: number } {
    const { before } = this;
    if (before === undefined) return { rx: 0, first: 1 };
    return { rx: before.#rx, first: before.acknowledgements.acked + 1 };
  }

  /** Writes messages as one batch that acknowledges all that has come. */
  send(messages: readonly Message[], manner: Manner = {}): void {
    const { now = false, again = false, lost = false } = manner;
    const [opening] = messages;
    if (opening?.kind === 'RESUMED') this.#goOn(this.#resume?.rx ?? 0);
    if (opening?.kind === 'WELCOME') this.hasSession = true;
    const numbered = messages.filter(takesNumber).length;
    if (again) this.#sent -= numbered;
    const replayed = Math.min(this.acknowledgements.tx - this.#sent, numbered);
    const seq = numbered === 0 ? undefined : this.#sent + 1;
    this.#sent += numbered;
    if (!lost && replayed > 0) this.acknowledgements.resent(replayed);
    this.#note(messages, { replayed, lost });
    for (const message of messages) this.transcript.say(lost ? '> (lost)' : '>', message);
    if (lost) return;
    this.#reached = Math.max(this.#reached, this.#sent);
    // HELLO and WELCOME stand before any number.
    const ack = this.#rx === 0 ? undefined : this.#rx;
    this.#write(encodeBatch(new Writer(), { seq, ack, now }, messages));
  }

  /** Counts messages of which those behind the first so many are written for the first time. */
  #note(
    messages: readonly Message[],
    { replayed, lost }: { readonly replayed: number; readonly lost: boolean },
  ): void {
    let known = replayed;
    for (const message of messages) {
      const isNumbered = takesNumber(message);
      if (isNumbered && known-- > 0) continue;
      if (isNumbered && lost) this.acknowledgements.lost(1);
      else if (isNumbered) this.acknowledgements.sent(1);
      this.credit.sent(message);
      this.#manners.sent(message);
    }
  }

  /** The session of the connection before goes on here; the other side has all up to `rx`. */
  #goOn(rx: number): void {
    const { before } = this;
    if (before === undefined) return;
    this.hasSession = true;
    this.#rx = before.#rx;
    this.#sent = this.#reached = rx;
    this.acknowledgements.resume(before.acknowledgements, rx);
    this.credit.resume(before.credit);
    this.#manners.resume(before.#manners);
  }

  /** Writes bytes as they stand, which take that many numbers: the next ones, whatever they say. */
  sendBytes(said: Uint8Array, sequenced: number): undefined {
    const bytes = Buffer.from(said);
    if (sequenced > 0) bytes.writeUInt16LE((this.#sent + 1) & 0xffff, 1);
    this.#sent += sequenced;
    this.#reached = this.#sent;
    this.acknowledgements.sent(sequenced);
    this.transcript.add(`> ${Buffer.from(bytes.subarray(0, 64)).toString('hex')}`);
    this.#write(bytes);
  }

  /** Writes a text message, which no batch is. */
  sendText(text: string): undefined {
    this.transcript.add(`> text ${text}`);
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }

  /** Closes the WebSocket, or drops the connection without a word. */
  close(code: number | 'cut'): void {
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    this.transcript.add(`> close ${code}`);
    if (code === 'cut') this.#socket.terminate();
    else this.#socket.close(code);
  }

  #write(bytes: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(Buffer.from(bytes));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!this.#counts(1)) return;
    if (!isBinary) return this.#broken('sent a text message');
    if (data.length > WIRE_DEFAULTS.batchBytes) {
      return this.#broken('sent a batch above 256 KiB');
    }
    const batch = decodeBatch(data);
    if (batch instanceof Violation) return this.#broken(`sent a bad batch: ${batch.reason}`);
    if (this.loses) return this.#lose(batch.messages);
    const [opening] = batch.messages;
    if (opening?.kind === 'RESUMED') this.#goOn(opening.rx);
    const numbered = batch.messages.filter(takesNumber).length;
    if (batch.seq !== undefined && batch.seq !== ((this.#rx + 1) & 0xffff)) {
      this.#broken(`numbered a batch ${batch.seq} where ${this.#rx + 1} was due`);
    }
    this.#rx += numbered;
    if (!this.#counts(batch.messages.length)) return;
    if (batch.ack !== undefined) this.#takeAck(batch.ack);
    for (const message of batch.messages) this.#take(message);
    if (batch.now || numbered > 0) this.#write(encodeBatch(new Writer(), { ack: this.#rx }, []));
  }

  #lose(messages: readonly ReceivedMessage[]): void {
    for (const message of messages) {
      this.transcript.say('< (lost)', message);
      this.arrivals.put(message);
    }
  }

  /** Says what is wrong with the numbers that a peer tells when a session is to go on. */
  #judgePosition(message: ReceivedMessage): string | undefined {
    if (message.kind === 'WELCOME') this.hasSession = true;
    if (message.kind === 'RESUME') this.#resume = message;
    const { before } = this;
    if (before === undefined) return judgePosition(message, { acked: 0, reached: 0, next: 1 });
    const [acked, reached, next] = [before.acknowledgements.acked, before.#reached, before.#rx + 1];
    return judgePosition(message, { acked, reached, next });
  }

  /** Counts what has come, and leaves a peer that sends without end. */
  #counts(more: number): boolean {
    const isOver = this.#arrived > MOST_ARRIVALS;
    this.#arrived += more;
    if (this.#arrived <= MOST_ARRIVALS) return true;
    if (!isOver) {
      this.#broken(`sent more than ${MOST_ARRIVALS} messages`);
      this.close('cut');
    }
    return false;
  }

  #takeAck(ack: number): void {
    const fault = this.acknowledgements.received(ack);
    if (fault !== undefined) return this.#broken(fault);
    const isAll = this.acknowledgements.isComplete;
    this.arrivals.put({ kind: 'ACKNOWLEDGED', nth: ++this.#acks, isAll });
  }

  #take(message: ReceivedMessage): void {
    this.transcript.say('<', message);
    if (message.kind === 'PING') return this.send([{ kind: 'PONG', value: message.value }]);
    const fault =
      this.#judgePosition(message) ??
      this.credit.received(message) ??
      this.#manners.received(message);
    if (fault !== undefined) this.#broken(fault);
    else this.arrivals.put(message);
  }

  #broken(fault: string): void {
    this.transcript.add(`< it ${fault}`);
    this.#fault ??= fault;
    // Who waits for credit is told at once.
    this.credit.end();
    this.arrivals.put({ kind: 'BROKEN', fault });
  }

  #ended(code: number, reason: string): void {
    this.transcript.add(`< close ${code} ${reason}`);
    this.credit.end();
    this.acknowledgements.end();
    this.arrivals.put({ kind: 'ENDED_CONNECTION', code, reason });
  }
}
