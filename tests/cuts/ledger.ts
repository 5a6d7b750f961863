import { TrunklineError } from '@trunkline/protocol';
import { createDeferred, type Deferred } from '../support/deferred.js';

/** How a call, a stream or a publish has settled. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly code: string; readonly executed: string | undefined; readonly data?: unknown };

/** What handlers and callers of one run have seen, by the key that each call carries. */
export class Ledger {
  /** How often a handler was started. */
  readonly starts = new Map<string, number>();
  /** Handlers whose signal has fired before they were done. */
  readonly aborted = new Set<string>();
  readonly outcomes = new Map<string, Outcome>();
  /** When they settled, in the time of the run. */
  readonly settledMs = new Map<string, number>();
  /** Items and topic messages, as they were given to the code that reads them. */
  readonly items = new Map<string, unknown[]>();
  /** What must never be: a gap, a second settlement, a failure that was reported. */
  readonly faults: string[] = [];
  /** Signals that calls were given, which nobody must listen to when those are settled. */
  readonly signals = new Map<string, AbortSignal>();
  /** What each topic has under each offset. */
  readonly places = new Map<string, Map<number, string>>();
  readonly #now: () => number;
  readonly #gates = new Map<string, Deferred<void>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes that a handler was started, and watches the signal that it was given. */
  started(key: string, signal: AbortSignal): void {
    this.starts.set(key, (this.starts.get(key) ?? 0) + 1);
    const abort = (): void => void this.aborted.add(key);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  item(key: string, item: unknown): void {
    const items = this.items.get(key);
    if (items === undefined) this.items.set(key, [item]);
    else items.push(item);
  }

  /** Notes the place that a topic message was given. */
  placed(topic: string, offset: number, text: string): void {
    let places = this.places.get(topic);
    if (places === undefined) this.places.set(topic, (places = new Map()));
    const other = places.get(offset);
    if (other !== undefined) this.faults.push(`offset ${offset}: both "${other}" and "${text}"`);
    places.set(offset, text);
  }

  /** Notes how a promise settles; resolves when it has. */
  async settles(key: string, promise: PromiseLike<unknown>): Promise<void> {
    const outcome = await promise.then(valueOutcome, errorOutcome);
    if (this.outcomes.has(key)) this.faults.push(`"${key}" was settled twice`);
    this.outcomes.set(key, outcome);
    this.settledMs.set(key, this.#now());
  }

  /** Notes a failure that nobody has asked for. */
  failed(what: string, error: unknown): void {
    this.faults.push(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }

  /** A fence that handlers wait at until the run opens it. */
  gate(key: string): Deferred<void> {
    let gate = this.#gates.get(key);
    if (gate === undefined) this.#gates.set(key, (gate = createDeferred<void>()));
    return gate;
  }

  /** Lets everybody go on, so that no handler outlives its run. */
  openAll(): void {
    for (const { resolve } of this.#gates.values()) resolve();
  }
}

function valueOutcome(value: unknown): Outcome {
  return { value };
}

function errorOutcome(error: unknown): Outcome {
  if (!(error instanceof TrunklineError)) return { code: String(error), executed: undefined };
  const { code, executed, data } = error;
  return { code, executed, ...(data !== undefined && { data }) };
}
