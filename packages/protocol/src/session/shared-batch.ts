import { encodeMessage, encodeTopicBody } from '../message-encoder.js';
import type { TopicMessage } from '../message.js';
import { Writer } from '../bytes/writer.js';

/** The head of a batch without anything of one connection alone. */
const BARE_HEAD = 0;

/** Writers that no batch uses now; each goes on behind what it gave away. */
const writers: Writer[] = [];
const MAX_IDLE_WRITERS = 4;

const NOTHING = new Uint8Array(0);

let created = 0;

/**
 * A batch that many connections send, the same bytes for all of them (PROTOCOL.md, "Batches"). It
 * grows until the first of them writes it.
 */
export class SharedBatch {
  /** Tells batches apart without keeping them. */
  readonly id = ++created;
  #writer: Writer | undefined = writers.pop() ?? new Writer();
  #bytes: Uint8Array = NOTHING;

  constructor() {
    this.#writer?.u8(BARE_HEAD);
  }

  /** Bytes so far, the head included. */
  get size(): number {
    return this.#writer?.size ?? this.#bytes.length;
  }

  /** Whether nobody has written it. */
  get isOpen(): boolean {
    return this.#writer !== undefined;
  }

  /** Adds a topic message. Call only while it is open. */
  add(message: TopicMessage): void {
    encodeMessage(this.#writer as Writer, message, encodeTopicBody);
  }

  /** Gives the bytes, which do not change any more. */
  seal(): Uint8Array {
    if (this.#writer === undefined) return this.#bytes;
    this.#bytes = this.#writer.take();
    if (writers.length < MAX_IDLE_WRITERS) writers.push(this.#writer);
    this.#writer = undefined;
    return this.#bytes;
  }
}
