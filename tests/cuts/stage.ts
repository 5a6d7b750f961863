import type { Client } from '@trunkline/client';
import type { Topics } from '@trunkline/server';
import type { works } from './contract.js';
import type { Ledger } from './ledger.js';

/** The client of a run. */
export type WorksClient = Client<{}, { works: typeof works }>;

/** So long that the slowest way to notice a cut does not cost a call its deadline. */
export const PATIENT = { deadlineMs: 250_000 };

/** Long enough to connect again, and for what is stray to come. */
export const A_WHILE_MS = 5_000;

/** What a scenario plays with. */
export interface Stage {
  readonly client: WorksClient;
  readonly ledger: Ledger;
  /** Publishes at the server. */
  readonly topics: Topics<typeof works>;
  /** Resolves when nothing happens any more without time passing. */
  readonly quiet: () => Promise<void>;
  /** Resolves after so many milliseconds. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Gives those who wait for quiet their turn. */
export class QuietTurns {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** Lets those who wait go on; says whether there were any. */
  take(): boolean {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    return waiting.length > 0;
  }
}
