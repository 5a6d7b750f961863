import type { Chance } from './chance.js';

/** A piece of bytes that knows what it is: sizes around it follow when it changes. */
export type Part =
  | { readonly kind: 'bytes'; bytes: Uint8Array }
  /** With `pad`, in a form that many bytes longer than the shortest. */
  | { readonly kind: 'varint'; value: number; pad: number }
  /** A count of bytes and these bytes; `lie` is added to the count. */
  | { readonly kind: 'sized'; readonly parts: Part[]; lie: number }
  | { readonly kind: 'group'; readonly parts: Part[] };

const encoder = new TextEncoder();

/** The bytes themselves. */
export function raw(...bytes: number[]): Part {
  return { kind: 'bytes', bytes: Uint8Array.from(bytes) };
}

/** The bytes themselves. */
export function bytesOf(bytes: Uint8Array): Part {
  return { kind: 'bytes', bytes };
}

/** A number of variable length. */
export function varint(value: number): Part {
  return { kind: 'varint', value, pad: 0 };
}

/** Parts behind their size. */
export function sized(...parts: Part[]): Part {
  return { kind: 'sized', parts, lie: 0 };
}

/** Parts one behind the other. */
export function group(...parts: Part[]): Part {
  return { kind: 'group', parts };
}

/** A text behind its size. */
export function text(value: string): Part {
  return sized(bytesOf(encoder.encode(value)));
}

/** The longest input. */
const MAX_INPUT = 65_536;

const space = new Uint8Array(MAX_INPUT);

/** Gives the bytes of a tree; `undefined` if there are more than an input has. */
export function serialize(part: Part): Uint8Array | undefined {
  const from = put(part, MAX_INPUT);
  return from < 0 ? undefined : space.slice(from);
}

/** Writes from the end to the front, so that each size is known when it is written. */
function put(part: Part, end: number): number {
  if (end < 0) return end;
  switch (part.kind) {
    case 'bytes': {
      const from = end - part.bytes.length;
      if (from >= 0) space.set(part.bytes, from);
      return from;
    }
    case 'varint':
      return putVarint(part.value, part.pad, end);
    default: {
      let from = end;
      for (let index = part.parts.length - 1; index >= 0; index--) {
        from = put(part.parts[index] as Part, from);
      }
      return part.kind === 'group' ? from : putVarint(Math.max(0, end - from + part.lie), 0, from);
    }
  }
}

function putVarint(value: number, pad: number, end: number): number {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  for (let more = 0; more < pad; more++) bytes.push(128);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] as number) - 128;
  const from = end - bytes.length;
  if (from >= 0) space.set(bytes, from);
  return from;
}

/** Everything in a tree that can be changed. */
interface Places {
  readonly lists: Part[][];
  readonly parts: Part[];
}

function placesOf(part: Part, into: Places = { lists: [], parts: [] }): Places {
  into.parts.push(part);
  if (part.kind === 'sized' || part.kind === 'group') {
    if (part.parts.length > 0) into.lists.push(part.parts);
    for (const inner of part.parts) placesOf(inner, into);
  }
  return into;
}

type Change = (places: Places, chance: Chance, donor: () => Part) => void;

const CHANGES: readonly Change[] = [
  // A part twice, or many times.
  ({ lists }, chance) => {
    const list = chance.pick(lists);
    const part = chance.pick(list);
    const times = chance.oneIn(8) ? chance.below(300) : 1;
    list.splice(chance.below(list.length + 1), 0, ...Array.from({ length: times }, () => part));
  },
  ({ lists }, chance) => void takeOne(chance.pick(lists), chance),
  ({ lists }, chance) => {
    const list = chance.pick(lists);
    list.length = chance.below(list.length + 1);
  },
  // Two change places, maybe of different lists.
  ({ lists }, chance) => {
    const part = takeOne(chance.pick(lists), chance);
    const list = chance.pick(lists);
    // A copy, for it may be moved into one that stands here twice, and so into itself.
    if (part !== undefined) list.splice(chance.below(list.length + 1), 0, copyOf(part));
  },
  // A part of another input, in addition or instead.
  ({ lists }, chance, donor) => {
    const list = chance.pick(lists);
    const part = chance.pick(placesOf(donor()).parts);
    list.splice(chance.below(list.length + 1), chance.below(2), copyOf(part));
  },
  ({ lists }, chance) => {
    const list = chance.pick(lists);
    const junk = chance.oneIn(2) ? varint(chance.number()) : bytesOf(chance.bytes(chance.below(6)));
    list.splice(chance.below(list.length + 1), chance.below(2), junk);
  },
];

function copyOf(part: Part): Part {
  if (part.kind !== 'sized' && part.kind !== 'group') return { ...part };
  return { ...part, parts: part.parts.map(copyOf) };
}

function takeOne(list: Part[], chance: Chance): Part | undefined {
  return list.splice(chance.below(list.length), 1)[0];
}

/** Bytes that mean something to the wire, to UTF-8 or to JSON. */
const TELLING = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  16,
  63,
  64,
  127,
  128,
  129,
  135,
  192,
  193,
  224,
  237,
  160,
  244,
  245,
  255,
  ...Buffer.from('{}[]",:\\u0-.'),
];

/** Changes one thing within one part. */
function changePart(part: Part, chance: Chance): void {
  switch (part.kind) {
    case 'varint':
      if (chance.oneIn(8)) part.pad = 1 + chance.below(9);
      else if (chance.oneIn(2)) part.value = chance.number();
      else part.value = Math.max(0, part.value + chance.below(5) - 2);
      return;
    case 'sized':
      part.lie = chance.oneIn(2) ? chance.below(9) - 4 : chance.number();
      return;
    case 'bytes': {
      if (part.bytes.length === 0) return;
      const bytes = Uint8Array.from(part.bytes);
      const at = chance.below(bytes.length);
      if (chance.oneIn(3)) bytes[at] = (bytes[at] as number) ^ (1 << chance.below(8));
      else bytes[at] = chance.oneIn(2) ? chance.pick(TELLING) : chance.below(256);
      part.bytes = bytes;
    }
  }
}

/** Changes a tree in some places, so that most of it stays well-formed. */
export function mutate(root: Part, chance: Chance, donor: () => Part): void {
  for (let count = 1 + chance.below(3); count > 0; count--) {
    const places = placesOf(root);
    if (places.lists.length === 0 || chance.oneIn(2)) changePart(chance.pick(places.parts), chance);
    else chance.pick(CHANGES)(places, chance, donor);
  }
}

/** Changes bytes without knowing what they are; a third of them is only cut. */
export function scramble(bytes: Uint8Array, chance: Chance): Uint8Array {
  if (bytes.length === 0) return bytes;
  if (chance.oneIn(3)) return bytes.slice(0, chance.below(bytes.length));
  const changed = [...bytes];
  const at = chance.below(changed.length);
  if (chance.oneIn(2)) changed[at] = chance.pick(TELLING);
  else changed.splice(at, chance.below(3), ...chance.bytes(chance.below(3)));
  return Uint8Array.from(changed);
}

/** Makes one number of a tree longer than its shortest form; `false` where it has none. */
export function padOne(root: Part, chance: Chance): boolean {
  const numbers = placesOf(root).parts.filter((part) => part.kind === 'varint');
  if (numbers.length === 0) return false;
  chance.pick(numbers).pad = 1 + chance.below(3);
  return true;
}
