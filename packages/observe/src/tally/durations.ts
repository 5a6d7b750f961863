/** Upper bounds in seconds, from a handler that reads memory to one that asks another service. */
export const BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Durations of one kind: how many stay below each bound. */
export class Duration {
  /** How many are in each bucket alone; the last one has what is above all bounds. */
  readonly #counts = new Uint32Array(BUCKETS.length + 1);
  #sum = 0;

  add(ms: number): void {
    const seconds = ms / 1_000;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += seconds;
  }

  /** Seconds of all together. */
  get sum(): number {
    return this.#sum;
  }

  /** For each bound, and at last for none, how many were not longer. */
  get cumulative(): number[] {
    let below = 0;
    return Array.from(this.#counts, (count) => (below += count));
  }
}

/** Durations with their labels, in the order of the table. */
export interface LabelledDuration {
  readonly labels: readonly string[];
  readonly of: Duration;
}

/** Durations by their labels. */
export class Durations {
  readonly #durations = new Map<string, LabelledDuration>();

  add(labels: readonly string[], ms: number): void {
    const key = labels.join('\n');
    let found = this.#durations.get(key);
    if (found === undefined) this.#durations.set(key, (found = { labels, of: new Duration() }));
    found.of.add(ms);
  }

  values(): Iterable<LabelledDuration> {
    return this.#durations.values();
  }
}
