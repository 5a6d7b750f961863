import type { Runtime } from '@trunkline/protocol';

interface Seen {
  at: number;
  leftOut: number;
}

/** Lets one line of a kind through in a while, so that a flood of requests is no flood of lines. */
export class Repeats {
  readonly #runtime: Pick<Runtime, 'now'>;
  readonly #everyMs: number;
  readonly #seen = new Map<string, Seen>();

  constructor(runtime: Pick<Runtime, 'now'>, everyMs: number) {
    this.#runtime = runtime;
    this.#everyMs = everyMs;
  }

  /** Gives how many of this kind were left out since the last line, or `undefined` to leave it out. */
  leftOut(kind: string): number | undefined {
    const now = this.#runtime.now();
    const seen = this.#seen.get(kind);
    if (seen !== undefined && now - seen.at < this.#everyMs) {
      seen.leftOut++;
      return undefined;
    }
    this.#seen.set(kind, { at: now, leftOut: 0 });
    return seen?.leftOut ?? 0;
  }
}
