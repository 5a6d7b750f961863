import { writeAt, writeDescribed, writeMembers, type WritePart } from './described.js';
import {
  isPlainObject,
  nameOf,
  SIMPLE_KINDS,
  valueKindOf,
  type EnumValue,
  type Layout,
  type LayoutDocument,
  type MaybeLayout,
  type ObjectLayout,
  type ValueKind,
} from './layout.js';
import type { PackWriter } from './pack-writer.js';
import {
  writeArray,
  writeBigint,
  writeBoolean,
  writeBytes,
  writeDate,
  writeEntries,
  writeInt,
  writeMemberSet,
  writeNull,
  writeNumber,
  writeRecord,
  writeText,
  writeTuple,
  writeUndefined,
} from './write-parts.js';
import { ABSENT, REFUSED, type PartCheck, type PartChecks } from './part-check.js';

/** Makes the writer of a layout with checks in it. */
export function makeWrite(document: LayoutDocument, checks: PartChecks): WritePart {
  const types: WritePart[] = [];
  const make = (layout: Layout): WritePart => {
    const write = writeOf(layout, types, { make, checks });
    const check = checks.get(layout);
    return check ? checked(write, check) : write;
  };
  for (const type of document.types) types.push(make(type));
  return make(document.root);
}

function checked(write: WritePart, check: PartCheck): WritePart {
  const { isWhole, fill } = check;
  return (writer, value) => {
    if (writer.quiet > 0) return write(writer, value);
    if (fill && (value === undefined || value === ABSENT)) {
      return writeQuietly(writer, fill(), write);
    }
    if (!isWhole) return write(writer, value) && isAccepted(writer, check, value);
    const accepted = check.accept(value);
    return accepted === REFUSED ? writer.fail(UNACCEPTED) : writeQuietly(writer, accepted, write);
  };
}

const UNACCEPTED = 'a value that its schema refuses';

function writeQuietly(writer: PackWriter, value: unknown, write: WritePart): boolean {
  writer.quiet++;
  const isWritten = write(writer, value);
  writer.quiet--;
  return isWritten;
}

/** Asks a check that gives back what it accepts about a value that was written. */
function isAccepted(writer: PackWriter, check: PartCheck, value: unknown): boolean {
  if (check.allows?.(value as never) || check.accept(value) !== REFUSED) return true;
  return writer.fail(UNACCEPTED);
}

interface Making {
  readonly make: (layout: Layout) => WritePart;
  readonly checks: PartChecks;
}

function writeOf(layout: Layout, types: readonly WritePart[], making: Making): WritePart {
  const { make } = making;
  switch (layout.kind) {
    case 'enum':
      return writeEnum(layout.values);
    case 'maybe':
      return writeMaybe(layout, make(layout.of));
    case 'object':
      return writeObject(layout, making);
    case 'array': {
      const write = make(layout.of);
      return (writer, value) => writeArray(writer, value, write);
    }
    case 'tuple': {
      const items = layout.items.map(make);
      const rest = layout.rest && make(layout.rest);
      return (writer, value) => writeTuple(writer, value, [items, rest]);
    }
    case 'record': {
      const write = make(layout.of);
      return (writer, value) => writeRecord(writer, value, write);
    }
    case 'map': {
      const parts = [make(layout.key), make(layout.of)] as const;
      return (writer, value) => writeEntries(writer, value, parts);
    }
    case 'set': {
      const write = make(layout.of);
      return (writer, value) => writeMemberSet(writer, value, write);
    }
    case 'union':
      return writeUnion(layout.options.map(({ takes, of }) => [takes, make(of)]));
    case 'variant':
      return writeVariant(
        layout.key,
        layout.options.map(({ values, of }) => [values, make(of)]),
      );
    case 'ref':
      return (writer, value) => (types[layout.to] as WritePart)(writer, value);
    default:
      return LEAVES[layout.kind];
  }
}

const LEAVES = {
  any: writeDescribed,
  string: writeText,
  number: writeNumber,
  int: writeInt,
  bigint: writeBigint,
  boolean: writeBoolean,
  date: writeDate,
  bytes: writeBytes,
  null: writeNull,
  undefined: writeUndefined,
} satisfies Record<string, WritePart>;

function writeEnum(values: readonly EnumValue[]): WritePart {
  const indexes = new Map<unknown, number>(values.map((value, index) => [value, index]));
  return (writer, value) => {
    const index = indexes.get(value);
    return index === undefined
      ? writer.fail(typeof value === 'string' ? 'a text that is no member' : nameOf(value))
      : writer.varint(index);
  };
}

function writeMaybe(layout: MaybeLayout, write: WritePart): WritePart {
  return (writer, value) => {
    if (layout.absent && value === ABSENT) return writer.u8(0);
    if (layout.undefined && value === undefined) return writer.u8(1);
    if (layout.null && value === null) return writer.u8(2);
    return writer.u8(3) && write(writer, value);
  };
}

function writeObject(layout: ObjectLayout, making: Making): WritePart {
  const slots = layout.properties.map(({ name, of }) => slotOf(name, of, making));
  const count = slots.length;
  const known = new Set(slots.map(({ name }) => name));
  const { rest } = layout;
  return (writer, value) => {
    if (!isPlainObject(value)) return writer.refuse(value, 'an object');
    if (!writer.count(count) || !writer.enter()) return false;
    for (let index = 0; index < count; index++) {
      const slot = slots[index] as Slot;
      let part: unknown = value[slot.name];
      if ((part === undefined || slot.isInherited) && !Object.hasOwn(value, slot.name)) {
        if (!slot.mayLack) return writeAt(writer, slot.name, writer.fail('a missing property'));
        part = ABSENT;
      }
      if (!writeSlot(writer, slot, part)) return writeAt(writer, slot.name, false);
    }
    writer.depth--;
    if (rest === undefined) return count > 0 || writer.u8(0);
    const others = Object.keys(value).filter((key) => !known.has(key));
    if (rest === 'carry') return writeMembers(writer, [value, others], writeDescribed);
    if (others.length > 0) return writer.fail(`the unknown key ${JSON.stringify(others[0])}`);
    return count > 0 || writer.u8(0);
  };
}

/** How a property is written: what is simple has an operation, so that no closure is called. */
interface Slot {
  readonly name: string;
  readonly isInherited: boolean;
  readonly mayLack: boolean;
  readonly op: number;
  readonly write: WritePart;
  readonly check: PartCheck | undefined;
}

function slotOf(name: string, of: Layout, { make, checks }: Making): Slot {
  const check = checks.get(of);
  const isPlain = check === undefined || (!check.isWhole && check.fill === undefined);
  return {
    name,
    isInherited: name in Object.prototype,
    mayLack: (of.kind === 'maybe' && of.absent === true) || check?.fill !== undefined,
    op: isPlain ? SIMPLE_KINDS.indexOf(of.kind) : -1,
    write: make(of),
    check,
  };
}

function writeSlot(writer: PackWriter, { op, write, check }: Slot, value: unknown): boolean {
  let isWritten: boolean;
  switch (op) {
    case 0:
      isWritten = writer.text(value);
      break;
    case 1:
      isWritten = writer.int(value);
      break;
    case 2:
      isWritten = writer.number(value);
      break;
    case 3:
      isWritten = writer.boolean(value);
      break;
    default:
      return write(writer, value);
  }
  if (!isWritten || check === undefined || writer.quiet > 0) return isWritten;
  return isAccepted(writer, check, value);
}

function writeUnion(options: readonly (readonly [readonly ValueKind[], WritePart])[]): WritePart {
  const indexes = new Map<ValueKind | undefined, number>();
  options.forEach(([takes], index) => takes.forEach((kind) => indexes.set(kind, index)));
  return (writer, value) => {
    const index = indexes.get(valueKindOf(value));
    const write = index === undefined ? undefined : options[index]?.[1];
    if (index === undefined || write === undefined) return writer.fail(nameOf(value));
    return writer.varint(index) && write(writer, value);
  };
}

function writeVariant(
  key: string,
  options: readonly (readonly [readonly EnumValue[], WritePart])[],
): WritePart {
  const indexes = new Map<unknown, number>();
  options.forEach(([values], index) => values.forEach((value) => indexes.set(value, index)));
  return (writer, value) => {
    if (!isPlainObject(value)) return writer.refuse(value, 'an object');
    const index = Object.hasOwn(value, key) ? indexes.get(value[key]) : undefined;
    const write = index === undefined ? undefined : options[index]?.[1];
    if (index === undefined || write === undefined) {
      return writeAt(writer, key, writer.fail('a value that is no alternative'));
    }
    return writer.varint(index) && write(writer, value);
  };
}
