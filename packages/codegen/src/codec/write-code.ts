import type { EnumValue, Layout } from '@trunkline/protocol';
import type { CheckSlot } from './check-slots.js';
import { partOf, targetOf, type CodeFile, type Place } from './code-file.js';
import {
  isInherited,
  maskOf,
  mayLack,
  takesUndefined,
  type LeafKind,
  type Of,
} from './layout-facts.js';

const LEAVES: Readonly<Record<LeafKind, string>> = {
  any: 'writeDescribed',
  string: 'writeText',
  number: 'writeNumber',
  int: 'writeInt',
  bigint: 'writeBigint',
  boolean: 'writeBoolean',
  date: 'writeDate',
  bytes: 'writeBytes',
  null: 'writeNull',
  undefined: 'writeUndefined',
};

// What the writer itself has a method for.
const METHODS: Partial<Record<Layout['kind'], string>> = {
  string: 'text',
  number: 'number',
  int: 'int',
  boolean: 'boolean',
};

const CHECKED: Partial<Record<Layout['kind'], string>> = {
  string: 'writeCheckedText',
  number: 'writeCheckedNumber',
  int: 'writeCheckedInt',
};

/** Writes the code that writes values. */
export class WriteCode {
  readonly #file: CodeFile;

  constructor(file: CodeFile) {
    this.#file = file;
  }

  /** Gives the name of a function that writes the values of a place. */
  function(place: Place): string {
    if (!slotOf(place)) return this.#bare(place);
    return this.#file.declare('WritePart', place, () => this.#expression(place, 'v'));
  }

  /** The same without the check of the place itself. */
  #bare(place: Place): string {
    const { layout } = place;
    if (layout.kind in LEAVES) return this.#use(LEAVES[layout.kind as LeafKind]);
    if (layout.kind === 'ref') return this.function(targetOf(place, layout.to));
    const bare = slotOf(place) ? { ...place, name: `${place.name}Bare`, isBare: true } : place;
    return this.#file.declare('WritePart', bare, () => this.#body(place));
  }

  /** Gives an expression that writes `value`, and is false where that failed. */
  #expression(place: Place, value: string): string {
    const slot = slotOf(place);
    if (slot === undefined) return this.#unchecked(place, value);
    if (slot.isWhole || slot.isFilling) {
      const word = this.#use(slot.isWhole ? 'writeWhole' : 'writeFilled');
      const write = slot.isWhole
        ? this.function({ ...place, slots: undefined })
        : this.#bare(place);
      return `${word}(w, ${value}, [${slot.index}, ${write}])`;
    }
    const word = CHECKED[place.layout.kind];
    if (word !== undefined) return `${this.#use(word)}(w, ${value}, ${slot.index})`;
    // A getter could give another value to the check, so an expression is evaluated once.
    if (value !== 'v') return `${this.function(place)}(w, ${value})`;
    const accepted = `${this.#use('acceptWritten')}(w, ${slot.index}, v)`;
    return `(${this.#unchecked(place, value)}) && ${accepted}`;
  }

  #unchecked(place: Place, value: string): string {
    const { layout } = place;
    const call = (word: string, more: string) => `${this.#use(word)}(w, ${value}, ${more})`;
    switch (layout.kind) {
      case 'enum':
        return call('writeEnum', this.#file.members(layout.values, place.name));
      case 'maybe':
        return (
          `${call('writeState', `${maskOf(layout)}`)} || ` +
          this.#expression({ ...place, layout: layout.of }, value)
        );
      case 'array':
        return call('writeArray', this.#inner(place, layout.of, 'Item'));
      case 'record':
        return call('writeRecord', this.#inner(place, layout.of, 'Value'));
      case 'set':
        return call('writeMemberSet', this.#inner(place, layout.of, 'Member'));
      case 'map': {
        const key = this.#inner(place, layout.key, 'Key');
        return call('writeEntries', `[${key}, ${this.#inner(place, layout.of, 'Value')}]`);
      }
      case 'tuple': {
        const items = layout.items.map((item, index) => this.#inner(place, item, `${index}`));
        const rest = layout.rest ? `, ${this.#inner(place, layout.rest, 'Rest')}` : '';
        return call('writeTuple', `[[${items.join(', ')}]${rest}]`);
      }
      default:
        return layout.kind in METHODS
          ? `w.${METHODS[layout.kind]}(${value})`
          : `${this.#bare(place)}(w, ${value})`;
    }
  }

  #body(place: Place): string {
    const { layout } = place;
    switch (layout.kind) {
      case 'object':
        return this.#object({ ...place, layout });
      case 'union':
        return this.#union({ ...place, layout });
      case 'variant':
        return this.#variant({ ...place, layout });
      default:
        return this.#unchecked(place, 'v');
    }
  }

  #object(place: Place<Of<'object'>>): string {
    const { properties, rest } = place.layout;
    const steps = [`w.open(v, ${properties.length})`];
    for (const { name, of } of properties) {
      steps.push(`(${this.#property(partOf(place, of, name), name)})`);
    }
    steps.push(`${this.#use('closeFields')}(w)`);
    const known = `[${properties.map(({ name }) => JSON.stringify(name)).join(', ')}]`;
    if (rest === 'carry') steps.push(`${this.#use('writeRest')}(w, v, ${known})`);
    if (rest === 'refuse') steps.push(`${this.#use('writeNoRest')}(w, v, ${known})`);
    if (properties.length === 0 && rest !== 'carry') steps.push('w.u8(0)');
    return steps.join(' &&\n');
  }

  #property(place: Place, name: string): string {
    const { layout, document } = place;
    const key = JSON.stringify(name);
    const fail = `${this.#use('failAt')}(w, v, ${key})`;
    const plain = `v[${key}]`;
    const slot = slotOf(place);
    if (slot && (mayLack(layout) || isInherited(name))) {
      const field = `${this.#use('fieldOf')}(v, ${key})`;
      const isThere =
        mayLack(layout) || slot.isFilling ? '' : `${this.#use('hasField')}(v, ${key}) && `;
      return `(${isThere}${this.function(place)}(w, ${field})) || ${fail}`;
    }
    if (mayLack(layout)) {
      const field = `${this.#use('fieldOf')}(v, ${key})`;
      const state = isInherited(name) ? field : `${plain} ?? ${field}`;
      const value = isInherited(name) ? field : plain;
      const inner = this.#expression({ ...place, layout: layout.of }, value);
      return `${this.#use('writeState')}(w, ${state}, ${maskOf(layout)}) || ${inner} || ${fail}`;
    }
    const written = this.#expression(place, plain);
    if (slot?.isFilling || !takesUndefined(layout, document.types)) {
      return `${written} || ${fail}`;
    }
    return `(${this.#use('hasField')}(v, ${key}) && (${written})) || ${fail}`;
  }

  #union(place: Place<Of<'union'>>): string {
    const cases = place.layout.options.map(({ takes, of }, index) => {
      const labels = takes.map((kind) => `case '${kind}':\n`);
      return labels.join('') + this.#option(partOf(place, of, `Option${index + 1}`), index);
    });
    const fail = `${this.#use('failKind')}(w, v)`;
    return `{ switch (${this.#use('kindOf')}(v)) {\n${cases.join('')}default: return ${fail};\n} }`;
  }

  #variant(place: Place<Of<'variant'>>): string {
    const { key, options } = place.layout;
    const cases = options.map(({ values, of }, index) => {
      const labels = values.map((value) => `case ${JSON.stringify(value)}:\n`);
      return labels.join('') + this.#option(partOf(place, of, variantName(values[0])), index);
    });
    const text = JSON.stringify(key);
    const fail = `${this.#use('failTag')}(w, v, ${text})`;
    const tag = `${this.#use('tagOf')}(v, ${text})`;
    return `{ switch (${tag}) {\n${cases.join('')}default: return ${fail};\n} }`;
  }

  #option(place: Place, index: number): string {
    const choice = index < 128 ? `w.u8(${index})` : `w.varint(${index})`;
    return `return ${choice} && (${this.#expression(place, 'v')});\n`;
  }

  #inner(place: Place, layout: Layout, suffix: string): string {
    return this.function(partOf(place, layout, suffix));
  }

  #use(word: string): string {
    return this.#file.imports.value(word);
  }
}

function slotOf({ layout, slots }: Place): CheckSlot | undefined {
  return slots?.of(layout);
}

/** Names an alternative by its tag. */
export function variantName(value: EnumValue | undefined): string {
  return `${value}`;
}
