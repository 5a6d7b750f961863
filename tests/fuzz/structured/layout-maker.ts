import type { EnumValue, Layout, LayoutDocument, ValueKind } from '@trunkline/protocol';
import type { Chance } from './chance.js';

const LEAVES = [
  ...(['any', 'string', 'number', 'int', 'bigint', 'boolean', 'date', 'bytes', 'null'] as const),
  'undefined' as const,
];
const NAMES = ['a', 'b', 'kind', 'toString', 'then', 'length', '0', 'x y', 'é😀', 'hasOwnProperty'];
const ENUM: readonly EnumValue[] = ['a', '', 1, -1, 0.5, true, false, null, 'circle'];

/** Layouts that a union can tell from each other, each with the kinds that it takes. */
const OPTIONS: readonly { readonly takes: readonly ValueKind[]; readonly of: Layout }[] = [
  { takes: ['string'], of: { kind: 'string' } },
  { takes: ['number'], of: { kind: 'number' } },
  { takes: ['bigint'], of: { kind: 'bigint' } },
  { takes: ['boolean'], of: { kind: 'boolean' } },
  { takes: ['date'], of: { kind: 'date' } },
  { takes: ['bytes'], of: { kind: 'bytes' } },
  { takes: ['null'], of: { kind: 'null' } },
  { takes: ['undefined'], of: { kind: 'undefined' } },
];

/** Makes layouts, among them such as no schema gives. */
export class LayoutMaker {
  readonly #chance: Chance;
  #types = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Gives a whole document. */
  document(): LayoutDocument {
    const types = this.#chance.oneIn(3) ? [this.#recursive()] : [];
    this.#types = types.length;
    return { root: this.layout(0), types };
  }

  /** Gives a layout that stands so deep. */
  layout(depth: number): Layout {
    const chance = this.#chance;
    if (depth > 3 || chance.oneIn(3)) return { kind: chance.pick(LEAVES) };
    const inner = (): Layout => this.layout(depth + 1);
    switch (chance.below(10)) {
      case 0:
        return { kind: 'enum', values: this.#enumValues() };
      case 1:
        return { kind: 'maybe', of: inner(), ...this.#states() };
      case 2:
      case 3:
        return this.#object(depth);
      case 4:
        return { kind: 'array', of: inner() };
      case 5: {
        const items = Array.from({ length: chance.below(3) }, inner);
        return chance.oneIn(2) ? { kind: 'tuple', items } : { kind: 'tuple', items, rest: inner() };
      }
      case 6:
        return { kind: 'record', of: inner() };
      case 7:
        return chance.oneIn(2)
          ? { kind: 'set', of: inner() }
          : { kind: 'map', key: inner(), of: inner() };
      case 8:
        return this.#union(depth);
      default:
        return this.#types > 0 ? { kind: 'ref', to: 0 } : this.#variant(depth);
    }
  }

  #enumValues(): EnumValue[] {
    const from = this.#chance.below(ENUM.length);
    return ENUM.slice(from, from + 1 + this.#chance.below(4));
  }

  #states(): { undefined?: true; null?: true } {
    return {
      ...(this.#chance.oneIn(2) ? { undefined: true as const } : {}),
      ...(this.#chance.oneIn(2) ? { null: true as const } : {}),
    };
  }

  #object(depth: number, first?: { name: string; of: Layout }): Layout {
    const chance = this.#chance;
    const names = NAMES.filter((name) => name !== first?.name && chance.oneIn(4));
    const properties = names.map((name) => {
      const of = this.layout(depth + 1);
      if (!chance.oneIn(3)) return { name, of };
      return { name, of: { kind: 'maybe' as const, absent: true as const, of, ...this.#states() } };
    });
    const all = first === undefined ? properties : [first, ...properties];
    const rest = chance.pick([undefined, undefined, 'carry', 'refuse'] as const);
    return { kind: 'object', properties: all, ...(rest === undefined ? {} : { rest }) };
  }

  #union(depth: number): Layout {
    const taken = OPTIONS.filter(() => this.#chance.oneIn(3));
    const array = { takes: ['array' as const], of: { kind: 'array' as const, of: this.layout(3) } };
    const object = { takes: ['object' as const], of: this.#object(depth + 1) };
    return { kind: 'union', options: [...taken, array, object] };
  }

  #variant(depth: number): Layout {
    const option = (value: EnumValue) => {
      const values = [value];
      const of = this.#object(depth + 1, { name: 'kind', of: { kind: 'enum', values } });
      return { values, of };
    };
    return { kind: 'variant', key: 'kind', options: [option('circle'), option(2), option(null)] };
  }

  #recursive(): Layout {
    const ref: Layout = { kind: 'ref', to: 0 };
    const kids = { name: 'kids', of: { kind: 'array' as const, of: ref } };
    const next = { name: 'next', of: { kind: 'maybe' as const, null: true as const, of: ref } };
    return this.#object(3, this.#chance.oneIn(2) ? kids : next);
  }
}
