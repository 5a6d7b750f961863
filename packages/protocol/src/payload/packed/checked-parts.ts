import type { DecodeLimits } from '../../limits.js';
import {
  ABSENT,
  REFUSED,
  type CheckArray,
  type PartCheck,
  type PartChecks,
  type SlotCheck,
} from './part-check.js';
import type { ReadPart, WritePart } from './described.js';
import { walkLayout } from './layout-walk.js';
import type { LayoutDocument } from './layout.js';
import { PackReader } from './pack-reader.js';
import type { PackWriter } from './pack-writer.js';
import { readState } from './read-parts.js';

// What generated code has where values are checked while they are read or written.

/** The checks of a layout by number, and which parts of it have one. */
export interface CheckList {
  readonly checks: CheckArray;
  /**
   * A letter for each part: `w` for a check of all that is inside, `f` for one that fills in what is
   * missing, `c` for another, or a dot.
   */
  readonly pattern: string;
}

/** Numbers the checks of a layout in the order in which its parts are gone through. */
export function listChecks(document: LayoutDocument, checks: PartChecks): CheckList {
  const found = Array.from(walkLayout(document), (layout) => checks.get(layout));
  const letters = found.map(letterOf);
  const list = found.filter((check) => check !== undefined).map(slotCheck);
  return { checks: list, pattern: letters.join('') };
}

function slotCheck(check: PartCheck): SlotCheck {
  const { allows = () => false, fill = () => undefined, min = Infinity, max = -Infinity } = check;
  return { accept: (value) => check.accept(value), allows, min, max, fill };
}

function letterOf(check: PartCheck | undefined): string {
  if (check === undefined) return '.';
  if (check.isWhole) return 'w';
  return check.fill === undefined ? 'c' : 'f';
}

/** Gives what a check makes of a value that was read. */
export function acceptPart(reader: PackReader, index: number, value: unknown): unknown {
  if (reader.quiet > 0) return value;
  const check = reader.checks[index] as SlotCheck;
  return check.allows(value as never) ? value : settlePart(reader, check, value);
}

/** Gives what a check makes of a number that was read. */
export function acceptNumber(reader: PackReader, index: number, value: number): unknown {
  if (reader.quiet > 0) return value;
  const { min, max } = reader.checks[index] as SlotCheck;
  return value >= min && value <= max ? value : acceptPart(reader, index, value);
}

/** Gives what a check makes of a text or an array that was read. */
export function acceptLength(
  reader: PackReader,
  index: number,
  value: string | readonly unknown[],
): unknown {
  if (reader.quiet > 0) return value;
  const { min, max } = reader.checks[index] as SlotCheck;
  const { length } = value;
  return length >= min && length <= max ? value : acceptPart(reader, index, value);
}

function settlePart(reader: PackReader, check: SlotCheck, value: unknown): unknown {
  // What was not read whole is never shown to code of the schema.
  if (reader.isRefused || reader.fault !== undefined) return value;
  const accepted = check.accept(value);
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

/** Asks a check about a value that was written. */
export function acceptWritten(writer: PackWriter, index: number, value: unknown): boolean {
  if (writer.quiet > 0) return true;
  const check = writer.checks[index] as SlotCheck;
  return check.allows(value as never) || settleWritten(writer, check, value);
}

function settleWritten(writer: PackWriter, check: SlotCheck, value: unknown): boolean {
  return check.accept(value) !== REFUSED || writer.fail(UNACCEPTED);
}

/** Writes a text with its check. */
export function writeCheckedText(writer: PackWriter, value: unknown, index: number): boolean {
  if (!writer.text(value)) return false;
  if (writer.quiet > 0) return true;
  const { length } = value as string;
  const { min, max } = writer.checks[index] as SlotCheck;
  return (length >= min && length <= max) || acceptWritten(writer, index, value);
}

/** Writes a number with its check. */
export function writeCheckedNumber(writer: PackWriter, value: unknown, index: number): boolean {
  return writer.number(value) && isWithin(writer, index, value);
}

/** Writes a whole number with its check. */
export function writeCheckedInt(writer: PackWriter, value: unknown, index: number): boolean {
  return writer.int(value) && isWithin(writer, index, value);
}

function isWithin(writer: PackWriter, index: number, value: unknown): boolean {
  if (writer.quiet > 0) return true;
  const { min, max } = writer.checks[index] as SlotCheck;
  const number = value as number;
  return (number >= min && number <= max) || acceptWritten(writer, index, value);
}

const UNACCEPTED = 'a value that its schema refuses';

/** Writes what the check of a value and of all that is inside makes of it. */
export function writeWhole(
  writer: PackWriter,
  value: unknown,
  [index, write]: readonly [number, WritePart],
): boolean {
  if (writer.quiet > 0) return write(writer, value);
  const accepted = (writer.checks[index] as SlotCheck).accept(value);
  return accepted === REFUSED ? writer.fail(UNACCEPTED) : writeQuietly(writer, accepted, write);
}

/** Writes a value with its check, or what stands for it where it is missing. */
export function writeFilled(
  writer: PackWriter,
  value: unknown,
  [index, write]: readonly [number, WritePart],
): boolean {
  if (writer.quiet === 0 && (value === undefined || value === ABSENT)) {
    return writeQuietly(writer, (writer.checks[index] as SlotCheck).fill(), write);
  }
  return write(writer, value) && acceptWritten(writer, index, value);
}

function writeQuietly(writer: PackWriter, value: unknown, write: WritePart): boolean {
  writer.quiet++;
  const isWritten = write(writer, value);
  writer.quiet--;
  return isWritten;
}

/** What reads untrusted bytes with checks. */
export interface CheckedReading {
  readonly limits: DecodeLimits;
  readonly checks: CheckArray;
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
