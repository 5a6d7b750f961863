import type { Layout } from './layout.js';

/** Stands for a property that is missing. */
export const ABSENT: unique symbol = Symbol('absent');

/** What a check gives for a value that it does not accept. */
export const REFUSED: unique symbol = Symbol('refused');

/** A check that runs on what a layout was read to, or on what is about to be written by it. */
export interface PartCheck {
  /** Whether it checks all that is inside too, so that no other check runs there. */
  readonly isWhole: boolean;
  /** Gives the value to use, or `REFUSED`. A missing property is `ABSENT`, in and out. */
  accept(value: unknown): unknown;
  /** Tells of a value that `accept` would give back as it is; it may say `false` of one. */
  readonly allows?: (value: never) => boolean;
  /** Gives what is written, unchecked, in the place of a missing property or `undefined`. */
  readonly fill?: () => unknown;
}

/** Checks by the layouts that they belong to. */
export type PartChecks = ReadonlyMap<Layout, PartCheck>;
