import type { DecodeLimits } from '../../limits.js';
import { ABSENT, REFUSED, type PartCheck, type PartChecks } from './part-check.js';
import type { ReadPart } from './described.js';
import { walkLayout } from './layout-walk.js';
import type { LayoutDocument } from './layout.js';
import { PackReader } from './pack-reader.js';
import { readState } from './read-parts.js';

// What generated code reads with where values are checked while they are read.

/** The checks of a layout by number, and which parts of it have one. */
export interface CheckList {
  readonly checks: readonly PartCheck[];
  /** A letter for each part: `w` for a check of all that is inside, `c` for another, or a dot. */
  readonly pattern: string;
}

/** Numbers the checks of a layout in the order in which its parts are gone through. */
export function listChecks(document: LayoutDocument, checks: PartChecks): CheckList {
  const found = Array.from(walkLayout(document), (layout) => checks.get(layout));
  const letters = found.map((check) => (check === undefined ? '.' : check.isWhole ? 'w' : 'c'));
  return { checks: found.filter((check) => check !== undefined), pattern: letters.join('') };
}

/** Gives what a check makes of a value that was read. */
export function acceptPart(reader: PackReader, index: number, value: unknown): unknown {
  // What was not read whole is never shown to a check.
  if (reader.quiet > 0 || reader.isRefused || reader.fault !== undefined) return value;
  const check = reader.checks[index];
  if (check?.allows?.(value as never)) return value;
  const accepted = check?.accept(value);
  if (accepted !== REFUSED) return accepted;
  reader.isRefused = true;
  return value;
}

/** Reads a value whose check looks at all that is inside. */
export function acceptWhole(reader: PackReader, index: number, read: ReadPart): unknown {
  reader.quiet++;
  const value = read(reader);
  reader.quiet--;
  return acceptPart(reader, index, value);
}

/** Reads a property that may be missing, `undefined` or `null` as `mask` allows. */
export function readField(reader: PackReader, mask: number, read: ReadPart): unknown {
  const state = readState(reader, mask);
  if (state === 3) return read(reader);
  if (state === 0) return ABSENT;
  return state === 2 ? null : undefined;
}

/** Sets a property, unless it is missing. */
export function setField(value: Record<string, unknown>, name: string, part: unknown): void {
  if (part !== ABSENT) value[name] = part;
}

/** What reads untrusted bytes with checks. */
export interface CheckedReading {
  readonly limits: DecodeLimits;
  readonly checks: readonly PartCheck[];
}

/** Reads untrusted bytes with generated code and the checks. Throws only what a check throws. */
export function unpackChecked(
  read: ReadPart,
  bytes: Uint8Array,
  { limits, checks }: CheckedReading,
): { readonly value: unknown } | { readonly fault: string } | { readonly refused: true } {
  const reader = new PackReader(bytes, limits, 0);
  reader.checks = checks;
  const value = read(reader);
  reader.finish();
  if (reader.fault !== undefined) return { fault: reader.fault };
  return reader.isRefused ? { refused: true } : { value };
}
