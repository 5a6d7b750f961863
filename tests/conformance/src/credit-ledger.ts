import {
  SESSION_LIMITS,
  WIRE_DEFAULTS,
  type Message,
  type ReceivedMessage,
} from '@trunkline/protocol';

const TO_SERVER: Amount = {
  items: SESSION_LIMITS.upCreditItems.absent,
  bytes: SESSION_LIMITS.upCreditBytes.absent,
};
const TO_CLIENT: Amount = {
  items: WIRE_DEFAULTS.downCreditItems,
  bytes: WIRE_DEFAULTS.downCreditBytes,
};

/** Items and the bytes of their payloads. */
export interface Amount {
  readonly items: number;
  readonly bytes: number;
}

/** What may go one way on an id, and what has gone. */
interface Flow {
  used: Amount;
  total: Amount;
}

interface Account {
  readonly outgoing: Flow;
  readonly incoming: Flow;
  /** Its final message has come: there will be no more credit. */
  isFinished: boolean;
}

/** The starting credit: what we may send of an id, and what we let come. */
export interface StartingCredit {
  readonly send: Amount;
  readonly receive: Amount;
}

/** Gives the credit that a stream begins with, at a client or at a server. */
export function startingCredit(isClient: boolean): StartingCredit {
  return isClient
    ? { send: TO_SERVER, receive: TO_CLIENT }
    : { send: TO_CLIENT, receive: TO_SERVER };
}

/** Counts the items of each id both ways, and what credit there is for them. */
export class CreditLedger {
  readonly #accounts = new Map<number, Account>();
  #wake: (() => void)[] = [];
  #start: StartingCredit;
  #isEnded = false;

  constructor(start: StartingCredit) {
    this.#start = start;
  }

  /** Goes on over another connection: credit that was granted beyond the start must be told again. */
  resume(before: CreditLedger): void {
    this.#start = before.#start;
    for (const [id, { outgoing, incoming, isFinished }] of before.#accounts) {
      const total = isMore(outgoing.total, this.#start.send) ? outgoing.used : outgoing.total;
      this.#accounts.set(id, {
        outgoing: { used: outgoing.used, total },
        incoming: { ...incoming },
        isFinished,
      });
    }
  }

  /** Notes a message of ours. */
  sent(message: Message): void {
    if (message.kind === 'WELCOME') {
      const { upCreditItems: items, upCreditBytes: bytes } = message.limits;
      this.#start = { ...this.#start, receive: { items, bytes } };
    } else if (message.kind === 'CALL') this.#accounts.delete(message.id);
    else if (message.kind === 'ITEM') use(this.#of(message.id).outgoing, message.bytes.length);
    else if (message.kind === 'CREDIT') raise(this.#of(message.id).incoming, message);
  }

  /** Notes a message of the other side; says what is wrong with it. */
  received(message: ReceivedMessage): string | undefined {
    switch (message.kind) {
      case 'WELCOME': {
        const { upCreditItems: items, upCreditBytes: bytes } = message.limits;
        this.#start = { ...this.#start, send: { items, bytes } };
        return undefined;
      }
      case 'CALL':
        return void this.#accounts.delete(message.id);
      case 'CREDIT':
        return this.#takeCredit(message.id, message);
      case 'END':
      case 'ERROR':
        this.#of(message.id).isFinished = true;
        return this.#wakeAll();
      case 'ITEM':
        return this.#takeItem(message.id, message.bytes.length);
      default:
        return undefined;
    }
  }

  /** Waits until an item of an id may be sent; `false` when that did not happen in time. */
  async open(id: number, withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const account = this.#of(id);
      if (isOpen(account.outgoing)) return true;
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

  #takeItem(id: number, bytes: number): string | undefined {
    const { incoming } = this.#of(id);
    const isAllowed = isOpen(incoming);
    use(incoming, bytes);
    return isAllowed
      ? undefined
      : `sent item ${incoming.used.items - 1} of id ${id} without credit`;
  }

  #takeCredit(id: number, { items, bytes }: Amount): string | undefined {
    const { total } = this.#of(id).outgoing;
    if (items < total.items || bytes < total.bytes) {
      const [before, after] = [total, { items, bytes }].map(show);
      return `shrank the credit of id ${id} from ${before} to ${after}`;
    }
    raise(this.#of(id).outgoing, { items, bytes });
    return this.#wakeAll();
  }

  #wakeAll(): undefined {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  #of(id: number): Account {
    let account = this.#accounts.get(id);
    if (account === undefined) {
      const { send, receive } = this.#start;
      const used = { items: 0, bytes: 0 };
      account = {
        outgoing: { used, total: send },
        incoming: { used, total: receive },
        isFinished: false,
      };
      this.#accounts.set(id, account);
    }
    return account;
  }
}

// The last item may pass the limit of bytes.
function isOpen({ used, total }: Flow): boolean {
  return used.items < total.items && used.bytes < total.bytes;
}

function isMore(total: Amount, start: Amount): boolean {
  return total.items > start.items || total.bytes > start.bytes;
}

function use(flow: Flow, bytes: number): void {
  flow.used = { items: flow.used.items + 1, bytes: flow.used.bytes + bytes };
}

function raise(flow: Flow, { items, bytes }: Amount): void {
  flow.total = {
    items: Math.max(flow.total.items, items),
    bytes: Math.max(flow.total.bytes, bytes),
  };
}

function show({ items, bytes }: Amount): string {
  return `${items} items and ${bytes} bytes`;
}
