import type { Runtime } from '../runtime.js';

/** Who acts at the end of a turn. */
export interface TurnTaker {
  turnEnded(): void;
}

/** One for each runtime, for all connections that it has. */
const ends = new WeakMap<Runtime, TurnEnd>();

/** The end of a turn, for which many wait with one task: a thousand connections write in it. */
export class TurnEnd {
  readonly #runtime: Runtime;
  #waiting: TurnTaker[] = [];

  private constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Gives the one that all share who have this runtime. */
  static of(runtime: Runtime): TurnEnd {
    const known = ends.get(runtime);
    if (known !== undefined) return known;
    const end = new TurnEnd(runtime);
    ends.set(runtime, end);
    return end;
  }

  /** Tells of the end of the turn, in the order of the calls. */
  wait(taker: TurnTaker): void {
    if (this.#waiting.length === 0) this.#runtime.endOfTurn(this.#runtimeOnTurnEnd);
    this.#waiting.push(taker);
  }

  readonly #runtimeOnTurnEnd = (): void => {
    const takers = this.#waiting;
    this.#waiting = [];
    let index = 0;
    try {
      while (index < takers.length) takers[index++]?.turnEnded();
    } finally {
      // One has thrown; the others must not go with it.
      while (index < takers.length) this.wait(takers[index++] as TurnTaker);
    }
  };
}
