import type { Outcome } from './ledger.js';
import type { Stage } from './stage.js';

/** Something that a client and a server do, and what may come of it. */
export interface Scenario {
  readonly name: string;
  /** Says `true` where payloads are superjson. */
  readonly isReadable?: boolean;
  /** Says `true` where the client has a token and a name. */
  readonly hasToken?: boolean;
  /** How long its token holds, where it has one that ends. */
  readonly tokenMs?: number;
  /** Plays it, and resolves when all is settled. */
  play(stage: Stage): Promise<void>;
  /** Keys whose outcome depends on when a cut comes, with what is right for them. */
  readonly races?: Readonly<Record<string, (outcome: Outcome) => boolean>>;
  /** Keys of calls that may be repeated, so that they outlive their session. */
  readonly survivors?: readonly string[];
  /** Keys that must settle in time, with the milliseconds from the begin of the run. */
  readonly dueMs?: Readonly<Record<string, number>>;
}
