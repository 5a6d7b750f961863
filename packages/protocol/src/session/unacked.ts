import type { CallMessage, ChunkMessage, Message } from '../message.js';
import { abortOf } from '../chunk.js';
import { sizeOf } from '../message-encoder.js';
import type { Outgoing } from './bulk.js';

/** Shared by all sessions that wait for nothing; nothing is ever put into it. */
const NONE: Message[] = [];

/** How much may be taken to be sent again in one batch. */
export interface ReplayRoom {
  /** Bytes of payloads. */
  readonly bytes: number;
  /** Bytes of chunks. */
  readonly bulkBytes: number;
  /** Chunks in one batch. */
  readonly chunks: number;
}

/** The messages that were written and are not acknowledged, in the order of their numbers. */
export class Unacked {
  #messages = NONE;
  #head = 0;
  /** Bytes of their payloads, without chunks. */
  bytes = 0;
  /** Bytes of the chunks among them. */
  chunkBytes = 0;

  /** How many there are. */
  get count(): number {
    return this.#messages.length - this.#head;
  }

  /** Takes a message that is written for the first time. */
  push(message: Message): void {
    if (this.#messages === NONE) this.#messages = [message];
    else this.#messages.push(message);
    this.#count(message, 1);
  }

  /** Forgets the oldest ones, which were acknowledged. */
  trim(count: number): void {
    const end = Math.min(this.#head + count, this.#messages.length);
    for (; this.#head < end; this.#head++) {
      this.#count(this.#messages[this.#head] as Message, -1);
      // What left is not kept until others do.
      this.#messages[this.#head] = VOID;
    }
    if (this.#head === this.#messages.length) {
      this.#messages = NONE;
      this.#head = 0;
    } else if (this.#head >= 64 && this.#head * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Gives those behind the first `index` ones, as many as there is room for; at least one. */
  from(index: number, room: ReplayRoom): Message[] {
    const taken: Message[] = [];
    let { bytes, bulkBytes, chunks } = room;
    for (let at = this.#head + index; at < this.#messages.length; at++) {
      const message = this.#messages[at] as Message;
      const payload = payloadBytes(message);
      if (message.kind === 'CHUNK' && (chunks-- === 0 || payload > bulkBytes)) break;
      const size = sizeOf(message);
      if (taken.length > 0 && size > bytes) break;
      bytes -= size;
      if (message.kind === 'CHUNK') bulkBytes -= payload;
      taken.push(message);
    }
    return taken;
  }

  /**
   * Replaces a CALL by what means nothing: if the peer has not accepted it yet, it never will. The
   * entry of a call that went in chunks is left as it is, since the peer answers their end; `false`
   * then.
   */
  withdraw(entry: Outgoing, acked: number): boolean {
    const at = this.#head + entry.number - acked - 1;
    const message = this.#messages[at];
    if (message?.kind === 'CHUNK') this.#replace(at, message, abortOf(message.transfer));
    else if (message !== undefined && message === (entry.content as CallMessage)) {
      entry.state = 'void';
      this.#replace(at, message, VOID);
      return true;
    }
    return false;
  }

  #replace(at: number, before: CallMessage | ChunkMessage, after: Message): void {
    this.#count(before, -1);
    this.#count(after, 1);
    this.#messages[at] = after;
  }

  #count(message: Message, sign: 1 | -1): void {
    if (message.kind === 'CHUNK') this.chunkBytes += sign * message.bytes.length;
    else this.bytes += sign * payloadBytes(message);
  }
}

const VOID: Message = { kind: 'VOID' };

function payloadBytes(message: Message): number {
  switch (message.kind) {
    case 'CALL':
    case 'RESULT':
    case 'ITEM':
    case 'END':
    case 'CHUNK':
      return message.bytes.length;
    case 'ERROR':
      return message.bytes.length + message.message.length;
    default:
      return 0;
  }
}
