import type { WireLimits } from '../limits.js';
import type { Runtime, Timer } from '../runtime.js';

/** Whom a debt of acknowledgements concerns. */
export interface AckDebtor {
  /** The acknowledgement must leave in this turn. */
  ackSoon(): void;
}

/** What a debt is judged by. */
export interface AckDebtOptions {
  readonly runtime: Runtime;
  readonly limits: WireLimits;
}

/** What came with a number and is not acknowledged: when that must be done (PROTOCOL.md). */
export class AckDebt {
  readonly #debtor: AckDebtor;
  readonly #options: AckDebtOptions;
  #bytes = 0;
  #timer: Timer | undefined;
  #dueAt: number | undefined;

  constructor(debtor: AckDebtor, options: AckDebtOptions) {
    this.#debtor = debtor;
    this.#options = options;
  }

  /** Notes a batch with numbers. */
  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /** So many messages wait for an acknowledgement, the newest since `heardAt`. */
  owe(count: number, heardAt: number): void {
    const { limits } = this.#options;
    if (count >= limits.ackMessages || this.#bytes >= limits.ackBytes) {
      return this.#debtor.ackSoon();
    }
    this.#dueAt ??= heardAt + limits.ackDelayMs;
    if (this.#timer === undefined) this.#start(limits.ackDelayMs);
  }

  /** The acknowledgement leaves. Mostly with something else: a timer for each would cost more. */
  settled(): void {
    this.#bytes = 0;
    this.#dueAt = undefined;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #start(delayMs: number): void {
    this.#timer = this.#options.runtime.startTimer(delayMs, () => {
      this.#timer = undefined;
      if (this.#dueAt === undefined) return;
      const remaining = this.#dueAt - this.#options.runtime.now();
      if (remaining > 0) this.#start(remaining);
      else this.#debtor.ackSoon();
    });
  }
}
