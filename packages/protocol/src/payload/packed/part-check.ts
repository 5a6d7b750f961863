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
  /**
   * Tells of a value that `accept` would give back as it is; it may say `false` of one. It runs no
   * code of the schema.
   */
  readonly allows?: (value: never) => boolean;
  /** Numbers, or lengths of texts and arrays, that `accept` surely gives back: the least of them. */
  readonly min?: number;
  /** The largest of them. */
  readonly max?: number;
  /** Gives what is written, unchecked, in the place of a missing property or `undefined`. */
  readonly fill?: () => unknown;
}

/** A check as generated code asks for it: all of them have the same shape. */
export type SlotCheck = Required<Omit<PartCheck, 'isWhole'>>;

/** The checks of a layout by number, in the order in which its parts are gone through. */
export type CheckArray = readonly SlotCheck[];

/** Checks by the layouts that they belong to. */
export type PartChecks = ReadonlyMap<Layout, PartCheck>;
