/** A value of a metric with its labels, in the order of the table. */
export interface LabelledValue {
  readonly labels: readonly string[];
  readonly value: number;
}

/** A counter with labels, which is cheaper to raise than to read. */
export class Counts {
  readonly #values = new Map<string, { readonly labels: readonly string[]; value: number }>();

  add(labels: readonly string[], more = 1): void {
    const key = labels.join('\n');
    const counted = this.#values.get(key);
    if (counted === undefined) this.#values.set(key, { labels, value: more });
    else counted.value += more;
  }

  values(): Iterable<LabelledValue> {
    return this.#values.values();
  }
}
