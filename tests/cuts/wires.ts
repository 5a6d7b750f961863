import type { Runtime } from '@trunkline/protocol';
import type { Cuts } from './cut.js';
import { HTTP } from './http.js';
import { Wire } from './wire.js';

/** What happens to the connections of a run. */
export interface WiresOptions {
  readonly cuts: Cuts;
  readonly keeps: boolean;
  /** How long no connection opens after the first cut. */
  readonly outageMs: number;
  readonly clock: Pick<Runtime, 'now' | 'startTimer'>;
}

/** The connections of one run, in the order in which the client opened them. */
export class Wires {
  readonly opened: Wire[] = [];
  readonly #options: WiresOptions;
  /** What is on its way and comes late. */
  late = 0;
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
    const { cuts, keeps, clock } = this.#options;
    if (clock.now() < this.#downUntil) return this.#refuse();
    const cut = cuts[this.opened.length];
    const wire = new Wire(this.#carry, { cut, keeps, later: this.#later, cutOff: this.#cutOff });
    this.opened.push(wire);
    this.#carry(() => HTTP.emit('connection', wire.server));
    return wire.client;
  }

  #refuse(): Wire['client'] {
    const { client } = new Wire(this.#carry);
    this.#carry(() => client.destroy(new Error('connect ECONNREFUSED')));
    return client;
  }

  readonly #cutOff = (): void => {
    this.#downUntil ||= this.#options.clock.now() + this.#options.outageMs;
  };

  readonly #later = (ms: number, task: () => void): void => {
    this.late++;
    this.#options.clock.startTimer(ms, () => {
      this.late--;
      task();
    });
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
