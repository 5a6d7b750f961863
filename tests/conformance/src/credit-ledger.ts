import type { ReceivedMessage } from '@trunkline/protocol';

interface Account {
  sent: number;
  sendable: number;
  received: number;
  receivable: number;
  /** Its final message has come: there will be no more credit. */
  isFinished: boolean;
}

/** Counts the items of each id both ways, and what credit there is for them. */
export class CreditLedger {
  readonly #accounts = new Map<number, Account>();
  #wake: (() => void)[] = [];
  #start: readonly [sendable: number, receivable: number];
  #isEnded = false;

  /** The starting credit in items: what we may send of an id, and what we let come. */
  constructor(start: readonly [sendable: number, receivable: number]) {
    this.#start = start;
  }

  /** Notes a message of ours. */
  sent(message: ReceivedMessage): void {
    if (message.kind === 'WELCOME') this.#start = [this.#start[0], message.limits.upCreditItems];
    else if (message.kind === 'CALL') this.#accounts.delete(message.id);
    else if (message.kind === 'ITEM') this.#of(message.id).sent++;
    else if (message.kind === 'CREDIT') {
      const account = this.#of(message.id);
      account.receivable = Math.max(account.receivable, message.items);
    }
  }

  /** Notes a message of the other side; says what is wrong with it. */
  received(message: ReceivedMessage): string | undefined {
    if (message.kind === 'WELCOME') this.#start = [message.limits.upCreditItems, this.#start[1]];
    else if (message.kind === 'CALL') this.#accounts.delete(message.id);
    else if (message.kind === 'CREDIT') this.#raise(message.id, message.items);
    else if (message.kind === 'END' || message.kind === 'ERROR') this.#finish(message.id);
    else if (message.kind === 'ITEM') {
      const account = this.#of(message.id);
      if (++account.received > account.receivable) {
        return `sent item ${account.received - 1} of id ${message.id} without credit`;
      }
    }
    return undefined;
  }

  /** Waits until an item of an id may be sent; `false` when that did not happen in time. */
  async open(id: number, withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const account = this.#of(id);
      if (account.sent < account.sendable) return true;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.#isEnded || account.isFinished) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Wakes who waits: no credit comes any more. */
  end(): void {
    this.#isEnded = true;
    this.#wakeAll();
  }

  #raise(id: number, items: number): void {
    const account = this.#of(id);
    account.sendable = Math.max(account.sendable, items);
    this.#wakeAll();
  }

  #finish(id: number): void {
    this.#of(id).isFinished = true;
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  #of(id: number): Account {
    let account = this.#accounts.get(id);
    if (account === undefined) {
      const [sendable, receivable] = this.#start;
      account = { sent: 0, sendable, received: 0, receivable, isFinished: false };
      this.#accounts.set(id, account);
    }
    return account;
  }
}
