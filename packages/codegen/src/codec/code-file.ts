import type { EnumValue, Layout, LayoutDocument } from '@trunkline/protocol';
import type { ImportList } from '../import-list.js';
import { hasSlot, type CheckSlots } from './check-slots.js';

/** A place in a layout, and the name that code of its own would have. */
export interface Place<Kind extends Layout = Layout> {
  readonly layout: Kind;
  readonly document: LayoutDocument;
  /** `PostInputItems`, for instance. */
  readonly name: string;
  /** The checks that go with parts of the layout; none where it is only read by structure. */
  readonly slots?: CheckSlots | undefined;
  /** Whether the check of the place itself is left out. */
  readonly isBare?: boolean;
}

/** The functions and constants that the codecs of a file consist of, each of them once. */
export class CodeFile {
  readonly imports: ImportList;
  readonly #names: Set<string>;
  readonly #known = new Map<string, string>();
  readonly #texts: string[] = [];

  /** Takes names that the file has for other things. */
  constructor(imports: ImportList, taken: Iterable<string> = []) {
    this.imports = imports;
    this.#names = new Set(taken);
  }

  /** The declarations, each behind what it is made of. */
  get text(): string {
    return this.#texts.join('\n');
  }

  /** Gives the name of the function that `make` writes, which is declared once for each layout. */
  declare(type: 'ReadPart' | 'WritePart', place: Place, make: () => string): string {
    const key = `${type} ${keyOf(place)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.#free(`${type === 'ReadPart' ? 'read' : 'write'}${place.name}`);
    this.#known.set(key, name);
    const letter = type === 'ReadPart' ? '(r)' : '(w, v)';
    const body = make();
    this.#texts.push(`const ${name}: ${this.imports.type(type)} = ${letter} => ${body};\n`);
    return name;
  }

  /** Gives the name of the constant with the members of an enum. */
  members(values: readonly EnumValue[], name: string): string {
    const text = JSON.stringify(values);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const local = this.#free(`${name.charAt(0).toLowerCase()}${name.slice(1)}Members`);
    this.#known.set(text, local);
    this.#texts.push(`const ${local}: readonly ${memberType(values)}[] = ${text};\n`);
    return local;
  }

  #free(name: string): string {
    let free = name;
    for (let count = 2; this.#names.has(free); count++) free = `${name}${count}`;
    this.#names.add(free);
    return free;
  }
}

function memberType(values: readonly EnumValue[]): string {
  const types = [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))];
  return types.length === 1 ? (types[0] as string) : `(${types.join(' | ')})`;
}

/** Names a part of a place. */
export function partOf<Kind extends Layout>(
  { document, name, slots }: Place,
  layout: Kind,
  suffix: string,
): Place<Kind> {
  const words = suffix.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return { layout, document, name: `${name}${pascal || 'Part'}`, slots };
}

/** Gives the place that a `ref` stands for. */
export function targetOf(place: Place, to: number): Place {
  const { document, name, slots } = place;
  const layout = document.types[to];
  if (layout === undefined)
    throw new TypeError(`the layout refers to type ${to}, which is not there`);
  return { layout, document, name, slots };
}

/** Gives one text for places that have the same code. */
function keyOf({ layout, document, slots, isBare = false }: Place): string {
  const text = JSON.stringify(layout);
  const key = text.includes('"kind":"ref"') ? `${text}${JSON.stringify(document.types)}` : text;
  return slots && hasSlot(slots, layout, document) ? `${key} ${slots.id(layout)} ${isBare}` : key;
}
