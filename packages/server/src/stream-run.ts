import { ProducerCredit, type CreditWindow, type ItemMessage } from '@trunkline/protocol';
import type { FinalMessage, StreamReplies } from './dispatcher.js';

/** Where a stream's items come from, how many may go at first, and where they go. */
export interface StreamRunOptions {
  readonly replies: StreamReplies;
  readonly credit: CreditWindow;
  readonly send: (item: ItemMessage) => void;
}

/** Sends a stream's items as fast as its consumer allows, and never faster. */
export class StreamRun {
  /** Resolves with the final message, or with nothing when it was stopped before. */
  readonly done: Promise<FinalMessage | undefined>;
  readonly #options: StreamRunOptions;
  readonly #credit: ProducerCredit;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(options: StreamRunOptions) {
    this.#options = options;
    this.#credit = new ProducerCredit(options.credit);
    this.done = this.#run();
  }

  /** The consumer allows more. */
  raise(items: number, bytes: number): void {
    this.#credit.raise(items, bytes);
    if (this.#credit.isOpen) this.#wake?.();
  }

  /** Nobody wants more: ends the handler's generator. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#options.replies.stop();
    this.#wake?.();
  }

  async #run(): Promise<FinalMessage | undefined> {
    for (;;) {
      if (!this.#credit.isOpen) await this.#opened();
      if (this.#isStopped) return undefined;
      const message = await this.#options.replies.next();
      if (this.#isStopped) return undefined;
      if (message.kind !== 'ITEM') return message;
      this.#credit.spend(message.bytes.length);
      this.#options.send(message);
    }
  }

  #opened(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
