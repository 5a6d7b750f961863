import type { LimitReaction } from '@trunkline/protocol';

/** What came of an amount: all of it was taken, or what the row says of more. */
export type Outcome = 'works' | LimitReaction;

/** How the test of a limit brings somebody to it. */
export interface Driver {
  /** What the option is lowered to; the default where this is left out. */
  readonly value?: number;
  /** Whether it is driven once more at its default. */
  readonly atDefault?: true;
  /** Whether the limit itself is too much already, as with a timer that ends there. */
  readonly isReached?: true;
  /**
   * Brings a server, or a client, whose limit is `limit` to an amount; sees to it that it is as
   * before afterwards, and says what came of it.
   */
  readonly drive: (amount: number, limit: number) => Promise<Outcome>;
}

/** The drivers of some limits by their names. */
export type Drivers = Readonly<Record<string, Driver>>;

/** More than a limit of this side's own was held back, dropped or done otherwise. */
export const HELD: Outcome = { kind: 'none' };
