import type { Cut } from './cut.js';
import type { RunReport } from './run.js';

/** Counts runs and the cuts that have happened in them. */
export class Tally {
  runs = 0;
  cuts = 0;
  readonly #byKind = new Map<string, number>();
  readonly #byCount = new Map<number, number>();

  add({ made }: RunReport): void {
    this.runs++;
    this.cuts += made.length;
    this.#byCount.set(made.length, (this.#byCount.get(made.length) ?? 0) + 1);
    for (const cut of made) this.#count(cut);
  }

  #count({ direction, how }: Cut): void {
    const kind = `${how} ${direction}`;
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
  }

  /** Says it in three lines. */
  describe(): string {
    const kinds = [...this.#byKind.keys()]
      .toSorted((one, other) => one.localeCompare(other))
      .map((kind) => `${kind} ${this.#byKind.get(kind)}`);
    const counts = [...this.#byCount].toSorted(([one], [other]) => one - other);
    const byCount = counts.map(([cuts, runs]) => `${runs} with ${cuts}`);
    const total = `${this.runs} runs, ${this.cuts} cuts, 0 failures`;
    return `${total}\n  runs by cuts: ${byCount.join(', ')}\n  cuts: ${kinds.join(', ')}`;
  }
}
