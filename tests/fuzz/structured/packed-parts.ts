import type { EnumValue, Layout, LayoutDocument } from '@trunkline/protocol';
import type { Chance } from './chance.js';
import { bytesOf, group, raw, sized, varint, type Part } from './part.js';

const TEXTS = [
  '',
  'a',
  'b',
  'ab',
  'circle',
  'é',
  '😀',
  'a😀b',
  '\u0000',
  'then',
  '中文',
  'x'.repeat(40),
];
const KEYS = ['a', 'b', 'c', 'key', 'toString', '0', '', 'é😀'];
const ODD_KEYS = ['__proto__', 'constructor', 'prototype', 'k'.repeat(300), 'kind', 'a'];
const URLS = ['http://x/', 'https://a.b/c?d'];
const MAX_BINARIES = 16;
const F64 = new DataView(new ArrayBuffer(8));

/** A body, and a text that is the same for values that count as one key. */
interface Written {
  readonly part: Part;
  readonly key: string | undefined;
}

/** Writes packed values by the tables of PROTOCOL.md; a wild one breaks some of their rules. */
export class PackedMaker {
  readonly #chance: Chance;
  readonly #isWild: boolean;
  readonly #layout: LayoutDocument;
  readonly #run: string[] = [];
  #left = 40;
  #taken = 0;
  #binaries = 0;

  constructor(chance: Chance, isWild: boolean, layout: LayoutDocument) {
    this.#chance = chance;
    this.#isWild = isWild;
    this.#layout = layout;
  }

  /** Whether what was written has no more binaries than a value may have. */
  get isWithinLimits(): boolean {
    return this.#binaries <= MAX_BINARIES;
  }

  /** Gives the payload of one value of the layout. */
  payload(): Part {
    const body = this.#write(this.#layout.root, 0).part;
    if (this.#isOff()) this.#run.push(this.#chance.pick(TEXTS));
    const texts = Buffer.from(this.#run.join(''));
    const odd = [bytesOf(texts), raw(this.#chance.pick([0xff, 0xc0, 0xed, 0x80]))];
    return group(sized(...(this.#isOff() ? odd : [bytesOf(texts)])), body);
  }

  #isOff(): boolean {
    return this.#isWild && this.#chance.oneIn(24);
  }

  #write(layout: Layout, depth: number): Written {
    this.#left--;
    switch (layout.kind) {
      case 'enum': {
        const index = this.#index(layout.values.length);
        return { part: varint(index), key: keyOf(layout.values[index]) };
      }
      case 'maybe':
        return this.#maybe(layout, depth);
      case 'object':
        return this.#object(layout, depth);
      case 'array':
        return this.#list(this.#count(depth), () => this.#write(layout.of, depth + 1).part);
      case 'tuple':
        return this.#tuple(layout, depth);
      case 'record':
        return this.#record(layout.of, depth, []);
      case 'map':
        return this.#keyed(depth, layout.key, layout.of);
      case 'set':
        return this.#keyed(depth, layout.of, undefined);
      case 'union':
      case 'variant': {
        const index = this.#index(layout.options.length);
        const of = layout.options[index]?.of ?? { kind: 'null' };
        const { part, key } = this.#write(of, depth);
        return { part: group(varint(index), part), key };
      }
      case 'ref':
        return this.#write(this.#layout.types[layout.to] as Layout, depth);
      case 'any':
        return this.#any(depth);
      default:
        return this.#leaf(layout.kind);
    }
  }

  #index(count: number): number {
    return this.#isOff() ? this.#chance.number() : this.#chance.below(count);
  }

  /** How many parts a container has; none where it grows too deep. */
  #count(depth: number): number {
    if (depth > 6 || this.#left < 0) return 0;
    return this.#chance.oneIn(30) ? 12 : this.#chance.below(4);
  }

  #leaf(kind: string): Written {
    const chance = this.#chance;
    switch (kind) {
      case 'string': {
        const value = chance.pick(TEXTS);
        return { part: this.#text(value), key: `s${value}` };
      }
      case 'number':
        return this.#number();
      case 'int': {
        const value = this.#whole();
        return { part: whole(value), key: `n${value}` };
      }
      case 'bigint':
        return this.#bigint();
      case 'boolean': {
        const value = chance.below(this.#isOff() ? 256 : 2);
        return { part: raw(value), key: `b${value}` };
      }
      case 'date': {
        const limit = this.#isOff() ? Number.MAX_SAFE_INTEGER : 8.64e15;
        const sign = chance.oneIn(2) ? -1 : 1;
        return { part: whole(sign * Math.min(limit, chance.number())), key: undefined };
      }
      case 'bytes':
        return this.#bytes();
      default:
        return { part: raw(this.#isOff() ? chance.below(256) : 0), key: kind };
    }
  }

  #bytes(): Written {
    this.#binaries++;
    return { part: sized(bytesOf(this.#chance.bytes(this.#chance.below(12)))), key: undefined };
  }

  #text(value: string): Part {
    this.#run.push(value);
    // What one text takes of its neighbour, the next one has less.
    let length = value.length - this.#taken;
    this.#taken = this.#isOff() ? this.#chance.pick([-1, 1]) : 0;
    length += this.#taken;
    if (this.#isOff()) length += this.#chance.below(5) - 1;
    return varint(Math.max(0, length));
  }

  #whole(): number {
    return this.#chance.number() * (this.#chance.oneIn(3) ? -1 : 1);
  }

  #number(): Written {
    const chance = this.#chance;
    if (chance.oneIn(2)) {
      const value = this.#whole();
      return { part: whole(value), key: `n${value + 0}` };
    }
    const odd = [0.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 5e-324, 1e300, 7, 2 ** 53];
    const value = chance.pick(odd);
    F64.setFloat64(0, value, true);
    return {
      part: group(raw(0x40), bytesOf(new Uint8Array(F64.buffer.slice(0)))),
      key: `n${value + 0}`,
    };
  }

  #bigint(): Written {
    const count = this.#chance.oneIn(20) ? 300 : this.#chance.below(10);
    const bytes = this.#chance.bytes(count);
    if (count > 0 && bytes[0] === 0 && !this.#isWild) bytes[0] = 1;
    const sign = count > 0 || this.#isOff() ? this.#chance.below(2) : 0;
    const key = `i${sign}${Buffer.from(bytes).toString('hex')}`;
    return { part: group(varint(count * 2 + sign), bytesOf(bytes)), key };
  }

  #maybe(layout: Extract<Layout, { kind: 'maybe' }>, depth: number): Written {
    const states = [3, 3];
    if (layout.absent) states.push(0);
    if (layout.undefined) states.push(1);
    if (layout.null) states.push(2);
    // What would never end is left out where that is possible.
    const isDeep = depth > 6 || this.#left < 0;
    const state = isDeep ? (states.at(-1) as number) : this.#chance.pick(states);
    if (this.#isOff()) return { part: raw(this.#chance.below(256)), key: undefined };
    if (state !== 3) return { part: raw(state), key: ['absent', 'undefined', 'null'][state] };
    const { part, key } = this.#write(layout.of, depth + (isDeep ? 1 : 0));
    return { part: group(raw(3), part), key };
  }

  #object(layout: Extract<Layout, { kind: 'object' }>, depth: number): Written {
    const { properties, rest } = layout;
    const parts = properties.map(({ of }) => this.#write(of, depth + 1).part);
    const known = properties.map(({ name }) => name);
    if (rest === 'carry') parts.push(this.#record({ kind: 'any' }, depth, known).part);
    else if (properties.length === 0) parts.push(raw(this.#isOff() ? 1 : 0));
    return { part: group(...parts), key: undefined };
  }

  #tuple(layout: Extract<Layout, { kind: 'tuple' }>, depth: number): Written {
    const { items, rest } = layout;
    const more = rest === undefined ? 0 : this.#count(depth);
    const count = this.#isOff() ? this.#chance.below(items.length + 2) : items.length + more;
    let index = 0;
    return this.#list(count, () => {
      const of = items[index++] ?? rest ?? { kind: 'null' };
      return this.#write(of, depth + 1).part;
    });
  }

  #list(count: number, one: () => Part): Written {
    const parts = Array.from({ length: count }, one);
    const told = this.#isOff() ? this.#chance.number() : count;
    return { part: group(varint(told), ...parts), key: undefined };
  }

  #record(of: Layout, depth: number, known: readonly string[]): Written {
    const keys = KEYS.filter((key) => !known.includes(key) && this.#chance.oneIn(5));
    if (depth > 6 || this.#left < 0) keys.length = 0;
    if (this.#isOff()) keys.push(this.#chance.pick(ODD_KEYS), this.#chance.pick(KEYS));
    let index = 0;
    return this.#list(keys.length, () => {
      const key = this.#text(keys[index++] as string);
      return group(key, this.#write(of, depth + 1).part);
    });
  }

  /** A map, or a set where no value is given. Keys come once each, unless this is wild. */
  #keyed(depth: number, key: Layout, of: Layout | undefined): Written {
    const used = new Set<string>();
    const entries: Part[] = [];
    for (let count = this.#count(depth); count > 0; count--) {
      const texts = this.#run.length;
      const written = this.#write(key, depth + 1);
      const isUsed = written.key !== undefined && used.has(written.key);
      if (isUsed && !this.#isWild) {
        this.#run.length = texts;
        continue;
      }
      if (written.key !== undefined) used.add(written.key);
      const value = of === undefined ? [] : [this.#write(of, depth + 1).part];
      entries.push(group(written.part, ...value));
    }
    let index = 0;
    return this.#list(entries.length, () => entries[index++] as Part);
  }

  #any(depth: number): Written {
    const chance = this.#chance;
    const tag = this.#isOff() ? chance.below(256) : chance.below(depth > 5 ? 9 : 14);
    const described = this.#described(tag, depth);
    return { part: group(raw(tag), described.part), key: described.key };
  }

  #described(tag: number, depth: number): Written {
    switch (tag) {
      case 4:
        return this.#number();
      case 5:
        return this.#leaf('string');
      case 6:
        return this.#bigint();
      case 7:
        return this.#leaf('date');
      case 8:
        return this.#bytes();
      case 9:
        return this.#list(this.#count(depth), () => this.#any(depth + 1).part);
      case 10:
        return this.#record({ kind: 'any' }, depth, []);
      case 11:
        return this.#keyed(depth, { kind: 'any' }, { kind: 'any' });
      case 12:
        return this.#keyed(depth, { kind: 'any' }, undefined);
      case 13:
        return {
          part: this.#text(this.#isOff() ? 'no url' : this.#chance.pick(URLS)),
          key: undefined,
        };
      default:
        return { part: group(), key: ['undefined', 'null', 'b0', 'b1'][tag] };
    }
  }
}

function keyOf(value: EnumValue | undefined): string {
  if (typeof value === 'boolean') return value ? 'b1' : 'b0';
  return value === null ? 'null' : `${typeof value === 'string' ? 's' : 'n'}${value}`;
}

/** A whole number: six bits, a sign, and the rest as a varint. */
function whole(value: number): Part {
  const size = Math.abs(value);
  const low = size % 64;
  const sign = value < 0 ? 0x40 : 0;
  const rest = Math.floor(size / 64);
  return rest === 0 ? raw(low | sign) : group(raw(low | sign | 0x80), varint(rest));
}
