import { readDescribed, readElements, readMap, readSet, type ReadPart } from './described.js';
import {
  SIMPLE_KINDS,
  type Layout,
  type LayoutDocument,
  type MaybeLayout,
  type ObjectLayout,
} from './layout.js';
import type { PackReader } from './pack-reader.js';
import { ABSENT, REFUSED, type PartCheck, type PartChecks } from './part-check.js';
import {
  readBigint,
  readBoolean,
  readBytes,
  readDate,
  readEnum,
  readInt,
  readNull,
  readNumber,
  readRecord,
  readRest,
  readText,
  readTuple,
  readUndefined,
} from './read-parts.js';

/** Makes the reader of a layout with checks in it. */
export function makeRead(document: LayoutDocument, checks: PartChecks): ReadPart {
  const types: ReadPart[] = [];
  const make = (layout: Layout): ReadPart => {
    const read = readOf(layout, types, { make, checks });
    const check = checks.get(layout);
    return check ? checked(read, check) : read;
  };
  for (const type of document.types) types.push(make(type));
  return make(document.root);
}

function checked(read: ReadPart, check: PartCheck): ReadPart {
  if (!check.isWhole) return (reader) => settle(reader, check, read(reader));
  return (reader) => {
    reader.quiet++;
    const value = read(reader);
    reader.quiet--;
    return settle(reader, check, value);
  };
}

/** Gives what a check makes of a value that was read. */
function settle(reader: PackReader, check: PartCheck, value: unknown): unknown {
  // What was not read whole is never shown to a check.
  if (reader.quiet > 0 || reader.isRefused || reader.fault !== undefined) return value;
  if (check.allows?.(value as never)) return value;
  const accepted = check.accept(value);
  if (accepted !== REFUSED) return accepted;
  reader.isRefused = true;
  return value;
}

interface Making {
  readonly make: (layout: Layout) => ReadPart;
  readonly checks: PartChecks;
}

function readOf(layout: Layout, types: readonly ReadPart[], making: Making): ReadPart {
  const { make } = making;
  switch (layout.kind) {
    case 'enum': {
      const { values } = layout;
      return (reader) => readEnum(reader, values);
    }
    case 'maybe':
      return readMaybe(layout, make(layout.of));
    case 'object':
      return readObject(layout, making);
    case 'array': {
      const read = make(layout.of);
      return (reader) => readElements(reader, read);
    }
    case 'tuple': {
      const items = layout.items.map(make);
      const rest = layout.rest && make(layout.rest);
      return (reader) => readTuple(reader, items, rest);
    }
    case 'record': {
      const read = make(layout.of);
      return (reader) => readRecord(reader, read);
    }
    case 'map': {
      const readKey = make(layout.key);
      const read = make(layout.of);
      return (reader) => readMap(reader, readKey, read);
    }
    case 'set': {
      const read = make(layout.of);
      return (reader) => readSet(reader, read);
    }
    case 'union':
    case 'variant': {
      const reads = layout.options.map(({ of }) => make(of));
      return (reader) => {
        const index = reader.varint();
        const read = reads[index];
        return read === undefined ? reader.fail('choice out of range') : read(reader);
      };
    }
    case 'ref':
      return (reader) => (types[layout.to] as ReadPart)(reader);
    default:
      return LEAVES[layout.kind];
  }
}

const LEAVES = {
  any: readDescribed,
  string: readText,
  number: readNumber,
  int: readInt,
  bigint: readBigint,
  boolean: readBoolean,
  date: readDate,
  bytes: readBytes,
  null: readNull,
  undefined: readUndefined,
} satisfies Record<string, ReadPart>;

function readMaybe(layout: MaybeLayout, read: ReadPart): ReadPart {
  return (reader) => {
    const state = reader.u8();
    if (state === 3) return read(reader);
    if (state === 0 && layout.absent) return ABSENT;
    if (state === 2 && layout.null) return null;
    if (state !== 1 || !layout.undefined) reader.fail('choice out of range');
    return undefined;
  };
}

function readObject(layout: ObjectLayout, { make, checks }: Making): ReadPart {
  const slots = layout.properties.map(({ name, of }) => slotOf(name, of, { make, checks }));
  const count = slots.length;
  const isCarrying = layout.rest === 'carry';
  const isEmpty = count === 0 && !isCarrying;
  const known = slots.map(({ name }) => name);
  return (reader) => {
    const value: Record<string, unknown> = {};
    if (!reader.open(count)) return value;
    for (let index = 0; index < count; index++) {
      const slot = slots[index] as Slot;
      const part = readSlot(reader, slot);
      if (part !== ABSENT) value[slot.name] = part;
      if (reader.fault !== undefined) return value;
    }
    reader.depth--;
    if (isEmpty) reader.choice(1);
    return isCarrying ? readRest(reader, value, known) : value;
  };
}

/** How a property is read: what is simple has an operation, so that no closure is called. */
interface Slot {
  readonly name: string;
  readonly op: number;
  readonly read: ReadPart;
  readonly check: PartCheck | undefined;
}

function slotOf(name: string, layout: Layout, { make, checks }: Making): Slot {
  const check = checks.get(layout);
  const op = check?.isWhole === true ? -1 : SIMPLE_KINDS.indexOf(layout.kind);
  const isSimple = op !== -1;
  return { name, op, read: make(layout), check: isSimple ? check : undefined };
}

function readSlot(reader: PackReader, { op, read, check }: Slot): unknown {
  let value: unknown;
  switch (op) {
    case 0:
      value = reader.text();
      break;
    case 1:
      value = reader.int();
      break;
    case 2:
      value = reader.number();
      break;
    case 3:
      value = reader.boolean();
      break;
    default:
      return read(reader);
  }
  return check === undefined ? value : settle(reader, check, value);
}
