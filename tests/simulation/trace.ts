import { createHash, type Hash } from 'node:crypto';
import type { MemoryConnection } from '@trunkline/protocol/testing';

/** What happened in a run, in order, and what of it breaks a guarantee. */
export class Trace {
  readonly lines: string[] = [];
  readonly broken: string[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes an event. */
  note(text: string): void {
    this.lines.push(`${this.#now()} ${text}`);
  }

  /** Notes that a guarantee was broken. */
  fail(text: string): void {
    this.note(`BROKEN ${text}`);
    this.broken.push(`at ${this.#now()} ms: ${text}`);
  }

  /** Notes a broken guarantee unless the condition holds. */
  check(holds: boolean, text: () => string): void {
    if (!holds) this.fail(text());
  }

  /** Gives a hash of all events and of every byte that was written. */
  hash(connections: readonly MemoryConnection[]): string {
    const hash = createHash('sha256');
    for (const line of this.lines) hash.update(line).update('\n');
    for (const { fromClient, fromServer } of connections) {
      addBatches(hash, fromClient);
      addBatches(hash, fromServer);
    }
    return hash.digest('hex').slice(0, 16);
  }
}

function addBatches(hash: Hash, batches: readonly Uint8Array[]): void {
  for (const batch of batches) hash.update(`${batch.length} `).update(batch);
  hash.update('.');
}
