import type { Cuts } from './cut.js';
import { HTTP } from './http.js';
import { Wire } from './wire.js';

/** The connections of one run, in the order in which the client opened them. */
export class Wires {
  readonly opened: Wire[] = [];
  readonly #cuts: Cuts;
  readonly #keeps: boolean;
  #queue: (() => void)[] = [];

  constructor(cuts: Cuts, keeps: boolean) {
    this.#cuts = cuts;
    this.#keeps = keeps;
  }

  /** Whether nothing is on its way. */
  get areIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** Opens a connection to the server; gives the client's end. */
  connect(): Wire['client'] {
    const wire = new Wire(this.#carry, this.#cuts[this.opened.length], this.#keeps);
    this.opened.push(wire);
    this.#carry(() => HTTP.emit('connection', wire.server));
    return wire.client;
  }

  readonly #carry = (task: () => void): void => {
    if (this.#queue.push(task) === 1) setImmediate(() => this.#flush());
  };

  #flush(): void {
    const tasks = this.#queue;
    this.#queue = [];
    for (const task of tasks) task();
  }
}
