import { abortOf, Cutter, mayBeCut, type LargeMessage } from '../chunk.js';
import type { WireLimits } from '../limits.js';
import type { BodyEncoder } from '../message-encoder.js';
import type { CallMessage, ChunkMessage, Message } from '../message.js';
import { SharedBatch } from './shared-batch.js';

/** What waits to be written: a message for a batch, or a batch that subscribers share. */
export interface Outgoing {
  content: Message | SharedBatch;
  /** Size, guessed from above. */
  size: number;
  /** Its number, or that of its last chunk; 0 before it is written, and for what takes none. */
  number: number;
  /** Whether some of its chunks were written already. */
  isBegun: boolean;
  /** It is `void` when it was written, and will not be sent again. */
  state: 'queued' | 'written' | 'withdrawn' | 'void';
}

/** Messages of one call that keep their order: a large one, and what was given behind it. */
interface Lane {
  readonly id: number;
  entries: Outgoing[];
  cutter: Cutter | undefined;
  transfer: number;
  /** A small message of the same call that was given before, and must go before. */
  after: Outgoing | undefined;
}

/** As many large messages go in turns; with more, each would pause for too long. */
const TURNS = 16;

/** Shared by all that have no lane; nothing is ever put into it. */
const NO_LANES = new Map<number, Lane>();

/** How large messages are cut. */
export interface BulkOptions {
  readonly limits: WireLimits;
  /** What the peer takes of messages that are not complete. */
  readonly peerBytes: number;
  readonly encodeBody: BodyEncoder;
  /** Is shown each CALL before it is cut. */
  readonly stamp: (message: CallMessage) => void;
}

/** Large messages that are not written yet, a lane for each call; lanes take turns. */
export class Bulk {
  /** Bytes of all that waits here. */
  bytes = 0;
  readonly #options: BulkOptions;
  #lanes = NO_LANES;
  #transfers = 0;
  #begunBytes = 0;

  constructor(options: BulkOptions) {
    this.#options = options;
  }

  /**
   * Takes a large message, and one that must stay behind a large one; `false` for any other.
   * `lastOf` finds the last one of a call that waits elsewhere.
   */
  push(entry: Outgoing, lastOf: (id: number) => Outgoing | undefined): boolean {
    const message = entry.content as Message;
    if (!mayBeCut(message)) return false;
    const lane = this.#lanes.get(message.id);
    if (lane === undefined && message.bytes.length <= this.#options.limits.cutBytes) return false;
    if (lane !== undefined) lane.entries.push(entry);
    else {
      const { id } = message;
      if (this.#lanes === NO_LANES) this.#lanes = new Map();
      const after = lastOf(id);
      this.#lanes.set(id, { id, entries: [entry], cutter: undefined, transfer: 0, after });
    }
    this.bytes += entry.size;
    return true;
  }

  /** Bytes of messages of which chunks were written; where there is none, of the next one. */
  get begunBytes(): number {
    if (this.#begunBytes > 0) return this.#begunBytes;
    for (const lane of this.#lanes.values()) return lane.entries[0]?.size ?? 0;
    return 0;
  }

  /** Whether nothing waits here. */
  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }

  /** Gives what is next, where `room` bytes are enough for a chunk; `done` is the entry that ends with it. */
  next(
    room: number,
  ): { readonly message: Message; readonly done: Outgoing | undefined } | undefined {
    const lane = this.#lane();
    const entry = lane?.entries[0];
    if (lane === undefined || entry === undefined) return undefined;
    if (room < this.#options.limits.chunkBytes) return undefined;
    const message = entry.content as LargeMessage;
    if (!this.#isLarge(entry)) {
      this.#finish(lane, entry);
      return { message, done: entry };
    }
    if (lane.cutter === undefined) this.#begin(lane, entry, message);
    const cutter = lane.cutter as unknown as Cutter;
    const chunk = cutter.next();
    if (!cutter.isDone) {
      this.#toBack(lane);
      return { message: chunk, done: undefined };
    }
    this.#finish(lane, entry);
    return { message: chunk, done: entry };
  }

  /** Takes an entry out. Gives the chunk that must be written if it had begun. */
  remove(entry: Outgoing): ChunkMessage | undefined {
    const lane = this.#lanes.get((entry.content as LargeMessage).id);
    const index = lane?.entries.indexOf(entry) ?? -1;
    if (lane === undefined || index < 0) return undefined;
    const abort = entry.isBegun ? abortOf(lane.transfer) : undefined;
    if (index === 0) this.#finish(lane, entry);
    else {
      lane.entries.splice(index, 1);
      this.bytes -= entry.size;
    }
    return abort;
  }

  /** All that waits in the lane of a call. */
  of(id: number): readonly Outgoing[] {
    return [...(this.#lanes.get(id)?.entries ?? [])];
  }

  /** Whether an entry waits here. */
  has(entry: Outgoing): boolean {
    const { content } = entry;
    if (content instanceof SharedBatch || !mayBeCut(content)) return false;
    return this.#lanes.get(content.id)?.entries.includes(entry) === true;
  }

  /** The lane whose turn it is. One that has not begun waits until others leave it room. */
  #lane(): Lane | undefined {
    let begun = 0;
    for (const lane of this.#lanes.values()) if (lane.cutter !== undefined) begun++;
    for (const lane of this.#lanes.values()) {
      const entry = lane.entries[0] as Outgoing;
      if (lane.after?.state === 'queued') continue;
      lane.after = undefined;
      if (lane.cutter !== undefined || !this.#isLarge(entry)) return lane;
      const fits = this.#begunBytes + entry.size <= this.#options.peerBytes;
      if (begun === 0 || (fits && begun < TURNS)) return lane;
    }
    return undefined;
  }

  #isLarge({ content }: Outgoing): boolean {
    return (content as LargeMessage).bytes.length > this.#options.limits.cutBytes;
  }

  #begin(lane: Lane, entry: Outgoing, message: LargeMessage): void {
    lane.transfer = this.#transfers++;
    const { limits, encodeBody, stamp } = this.#options;
    const { chunkBytes } = limits;
    if (message.kind === 'CALL') stamp(message);
    lane.cutter = new Cutter(message, { transfer: lane.transfer, chunkBytes, encodeBody });
    entry.isBegun = true;
    this.#begunBytes += entry.size;
  }

  #finish(lane: Lane, entry: Outgoing): void {
    this.bytes -= entry.size;
    if (lane.cutter !== undefined && entry.isBegun) this.#begunBytes -= entry.size;
    lane.cutter = undefined;
    lane.entries.shift();
    if (lane.entries.length === 0) this.#lanes.delete(lane.id);
    else this.#toBack(lane);
  }

  #toBack(lane: Lane): void {
    this.#lanes.delete(lane.id);
    this.#lanes.set(lane.id, lane);
  }
}
