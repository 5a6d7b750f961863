import { contract, stream } from '@trunkline/contract';
import type { ClientOf } from '@trunkline/client';
import { implement } from '@trunkline/server';
import { assert } from 'vitest';
import * as z from 'zod';
import { Mailbox } from './mailbox.js';

/** A stream both ways, of which a test steers every end. */
export const pipe = contract('pipe', {
  both: stream({ input: z.int(), up: z.int(), down: z.int(), output: z.int() }),
});

type Order = 'give' | 'pull' | 'pull all' | 'end' | 'throw';

/** A stream, what went into each end of it and what came out. */
export class ModelledStream {
  readonly id: number;
  readonly given: number[] = [];
  readonly read: number[] = [];
  readonly offered: number[] = [];
  readonly pulled: number[] = [];
  readonly orders = new Mailbox<Order | 'stop'>();
  readonly #source = new Mailbox<number | 'end'>();
  readonly #abort = new AbortController();
  #handler: 'waiting' | 'running' | 'over' = 'waiting';
  #isSourceOpen = false;
  #isUpOver = false;
  #iterator: AsyncIterator<number> | undefined;
  #pulls: Promise<unknown> = Promise.resolve();
  #reads = 0;
  /** How it ended for its caller. */
  end: 'done' | 'left' | { readonly code: unknown } | undefined;
  output: Promise<unknown> = Promise.resolve();
  /** What the caller or the handler has done to it. */
  readonly faults = new Set<string>();

  constructor(id: number) {
    this.id = id;
  }

  /** Whether both of the user's generators have ended, or never began. */
  get isReturned(): boolean {
    return this.#handler !== 'running' && !this.#isSourceOpen;
  }

  get hasRun(): boolean {
    return this.#handler !== 'waiting';
  }

  get waiting(): number {
    return this.given.length - this.read.length;
  }

  open(client: ClientOf<typeof pipe>): void {
    const { signal } = this.#abort;
    const opened = client.both(this.id, this.#items(), { signal });
    this.output = opened.output.catch(() => 'failed');
    this.#iterator = opened[Symbol.asyncIterator]();
  }

  /** What the server's handler does: what it is ordered to. */
  async *handle(items: AsyncIterable<number>, signal: AbortSignal): AsyncGenerator<number, number> {
    const iterator = items[Symbol.asyncIterator]();
    signal.addEventListener('abort', () => this.orders.put('stop'));
    this.#handler = 'running';
    try {
      for (;;) {
        const order = signal.aborted ? 'stop' : await this.orders.take();
        if (order === 'throw') throw new Error('as ordered');
        if (order === 'end' || order === 'stop') return this.given.length;
        if (order === 'pull all') await this.#pullAll(iterator);
        else if (order === 'pull') this.#pull(iterator);
        else yield this.#next(this.given);
      }
    } finally {
      this.#handler = 'over';
    }
  }

  offer(): void {
    if (!this.faults.has('finished')) this.#source.put(this.#next(this.offered));
  }

  finish(): void {
    if (this.faults.has('finished')) return;
    this.faults.add('finished');
    this.#source.put('end');
  }

  abort(): void {
    this.faults.add('aborted');
    this.#abort.abort();
  }

  leave(): void {
    this.faults.add('left');
    void this.#iterator?.return?.();
  }

  /** Whether each item is followed by the next one. */
  isEager = false;

  /** Asks for the next item, unless something was asked for already. */
  readOne(): void {
    if (this.#reads > 0 || this.end !== undefined || this.#iterator === undefined) return;
    this.#reads++;
    this.#iterator.next().then(
      ({ done, value }) => {
        this.#reads--;
        if (done === true) this.end = this.faults.has('left') ? 'left' : 'done';
        else {
          assert.strictEqual(value, this.read.length);
          this.read.push(value);
        }
        if (this.isEager) this.readOne();
      },
      (error: { code: unknown }) => {
        this.#reads--;
        this.end = { code: error.code };
      },
    );
  }

  /** Ends what a test has left open. */
  release(): void {
    this.orders.put('stop');
    this.#source.put('end');
  }

  async *#items(): AsyncGenerator<number> {
    this.#isSourceOpen = true;
    try {
      for (;;) {
        const item = await this.#source.take();
        if (item === 'end') return;
        yield item;
      }
    } finally {
      this.#isSourceOpen = false;
    }
  }

  /** Pulls to the end of what the caller sends. */
  async #pullAll(iterator: AsyncIterator<number>): Promise<void> {
    while (!this.#isUpOver) {
      this.#pull(iterator);
      await this.#pulls;
    }
  }

  #pull(iterator: AsyncIterator<number>): void {
    const pulled = iterator.next().then(
      ({ done, value }) => {
        if (done === true) this.#isUpOver = true;
        else {
          assert.strictEqual(value, this.pulled.length);
          this.pulled.push(value);
        }
      },
      () => {
        this.#isUpOver = true;
      },
    );
    this.#pulls = Promise.all([this.#pulls, pulled]);
  }

  #next(list: number[]): number {
    return list.push(list.length) - 1;
  }
}

/** A service whose handlers do as the stream of their input is ordered to. */
export function pipeService(streams: readonly ModelledStream[]) {
  return implement(pipe, {
    both: (id, { items, signal }) => (streams[id] as ModelledStream).handle(items, signal),
  });
}
