import { ProducerCredit, type CreditWindow, type ItemMessage } from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import type { StreamReplies } from './stream-replies.js';
import type { FinalMessage } from '../final-message.js';
import type { TurnBudget } from '../topics/turn-budget.js';

/** Where a stream's items come from, how many may go at first, and where they go. */
export interface StreamRunOptions {
  readonly replies: StreamReplies;
  readonly credit: CreditWindow;
  /** How far before what was sent the consumer's totals may be; the rest of them is ignored. */
  readonly ahead: CreditWindow;
  readonly send: (item: ItemMessage) => void;
  /** Whether what waits to be written leaves room for an item; the next is likely as large. */
  readonly hasRoom: (lastBytes: number) => boolean;
  /** Of all streams of the session together. */
  readonly turn: TurnBudget;
}

/** An item costs a turn at least this much, or tiny ones would be many. */
const ITEM_COST = 256;

/** Sends a stream's items as fast as its consumer allows, and never faster. */
export class StreamRun {
  /**
   * Resolves with the final message, or with nothing when it was stopped before: in both cases once
   * the handler's generator has ended.
   */
  readonly done: Promise<FinalMessage | undefined>;
  readonly #options: StreamRunOptions;
  readonly #credit: ProducerCredit;
  #sentBytes = 0;
  #lastBytes = 0;
  #isStopped = false;
  #isAsking = false;
  #progress = 0;
  #waitsForRoom = false;
  #wake: (() => void) | undefined;

  constructor(options: StreamRunOptions) {
    this.#options = options;
    this.#credit = new ProducerCredit(options.credit);
    this.done = this.#run();
  }

  /** Whether the handler was asked for an item and has not given it. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Grows with each item, and with each word of the consumer. */
  get progress(): number {
    return this.#progress;
  }

  /** The consumer allows more. */
  raise(items: number, bytes: number): void {
    this.#progress++;
    const { ahead } = this.#options;
    this.#credit.raise(
      Math.min(items, this.#credit.sentItems + ahead.items),
      Math.min(bytes, this.#sentBytes + ahead.bytes),
    );
    if (this.#credit.isOpen) this.#wake?.();
  }

  /** Something was written: there may be room again. */
  resume(): void {
    if (this.#waitsForRoom && this.#options.hasRoom(this.#lastBytes)) this.#wake?.();
  }

  /** Nobody wants more: ends the handler's generator. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    void this.#options.replies.stop();
    this.#wake?.();
  }

  async #run(): Promise<FinalMessage | undefined> {
    for (;;) {
      for (let wait = this.#obstacle(); wait !== undefined; wait = this.#obstacle()) await wait;
      if (this.#isStopped) break;
      const next = this.#options.replies.next();
      // What a generator gives at once leaves together, with no promise for each item.
      this.#isAsking = true;
      const message = isPromise(next) ? await next : next;
      this.#isAsking = false;
      if (this.#isStopped) break;
      if (message.kind !== 'ITEM') return message;
      this.#send(message);
    }
    await this.#options.replies.stop();
    return undefined;
  }

  #send(message: ItemMessage): void {
    const bytes = message.bytes.length;
    this.#credit.spend(bytes);
    this.#progress++;
    this.#sentBytes += bytes;
    this.#lastBytes = bytes;
    this.#options.turn.spend(bytes + ITEM_COST);
    this.#options.send(message);
  }

  /** What has to pass before the next item. A synchronous generator would never let a turn end. */
  #obstacle(): Promise<void> | undefined {
    if (this.#isStopped) return undefined;
    this.#waitsForRoom = this.#credit.isOpen && !this.#options.hasRoom(this.#lastBytes);
    if (!this.#credit.isOpen || this.#waitsForRoom) return this.#woken();
    return this.#options.turn.pause;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
