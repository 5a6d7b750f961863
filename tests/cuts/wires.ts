import type { Cuts } from './cut.js';
import { HTTP } from './http.js';
import { Wire } from './wire.js';

/** What happens to the connections of a run. */
export interface WiresOptions {
  readonly cuts: Cuts;
  readonly keeps: boolean;
  /** How long no connection opens after the first cut. */
  readonly outageMs: number;
  readonly now: () => number;
}

/** The connections of one run, in the order in which the client opened them. */
export class Wires {
  readonly opened: Wire[] = [];
  readonly #options: WiresOptions;
  #queue: (() => void)[] = [];
  #downUntil = 0;

  constructor(options: WiresOptions) {
    this.#options = options;
  }

  /** Whether nothing is on its way. */
  get areIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** Opens a connection to the server; gives the client's end. */
  connect(): Wire['client'] {
    const { cuts, keeps, now } = this.#options;
    if (now() < this.#downUntil) return this.#refuse();
    const cut = cuts[this.opened.length];
    const wire = new Wire(this.#carry, { cut, keeps, cutOff: this.#cutOff });
    this.opened.push(wire);
    this.#carry(() => HTTP.emit('connection', wire.server));
    return wire.client;
  }

  #refuse(): Wire['client'] {
    const { client } = new Wire(this.#carry, { cut: undefined, keeps: false });
    this.#carry(() => client.destroy(new Error('connect ECONNREFUSED')));
    return client;
  }

  readonly #cutOff = (): void => {
    this.#downUntil ||= this.#options.now() + this.#options.outageMs;
  };

  readonly #carry = (task: () => void): void => {
    if (this.#queue.push(task) === 1) setImmediate(() => this.#flush());
  };

  #flush(): void {
    const tasks = this.#queue;
    this.#queue = [];
    for (const task of tasks) task();
  }
}
