import type { Layout, MaybeLayout } from '@trunkline/protocol';
import type { CheckSlot } from './check-slots.js';
import { partOf, targetOf, type CodeFile, type Place } from './code-file.js';
import { isFixed, maskOf, mayLack, type LeafKind, type Of } from './layout-facts.js';
import { variantName } from './write-code.js';

const LEAVES: Readonly<Record<LeafKind, string>> = {
  any: 'readDescribed',
  string: 'readText',
  number: 'readNumber',
  int: 'readInt',
  bigint: 'readBigint',
  boolean: 'readBoolean',
  date: 'readDate',
  bytes: 'readBytes',
  null: 'readNull',
  undefined: 'readUndefined',
};

// What the reader itself has a method for.
const METHODS: Partial<Record<Layout['kind'], string>> = {
  string: 'r.text()',
  number: 'r.number()',
  int: 'r.int()',
  bigint: 'r.bigint()',
  boolean: 'r.boolean()',
  date: 'r.date()',
  bytes: 'r.bytes()',
};

// Checks of these kinds may know which values they surely allow.
const ACCEPTING: Partial<Record<Layout['kind'], string>> = {
  string: 'acceptLength',
  number: 'acceptNumber',
  int: 'acceptNumber',
  array: 'acceptLength',
};

/** Writes the code that reads values. */
export class ReadCode {
  readonly #file: CodeFile;

  constructor(file: CodeFile) {
    this.#file = file;
  }

  /** Gives the name of a function that reads the values of a place. */
  function(place: Place): string {
    if (!slotOf(place)) return this.#bare(place);
    return this.#file.declare('ReadPart', place, () => this.#expression(place));
  }

  /** The same without the check of the place itself. */
  #bare(place: Place): string {
    const { layout } = place;
    if (layout.kind in LEAVES) return this.#use(LEAVES[layout.kind as LeafKind]);
    if (layout.kind === 'ref') return this.function(targetOf(place, layout.to));
    if (layout.kind === 'object' && layout.properties.length === 0 && layout.rest !== 'carry') {
      return this.#use('readNoFields');
    }
    const bare = slotOf(place) ? { ...place, name: `${place.name}Bare`, isBare: true } : place;
    return this.#file.declare('ReadPart', bare, () => this.#body(place));
  }

  #expression(place: Place): string {
    const slot = slotOf(place);
    if (slot === undefined) return this.#unchecked(place);
    if (slot.isWhole) {
      const read = this.function({ ...place, slots: undefined });
      return `${this.#use('acceptWhole')}(r, ${slot.index}, ${read})`;
    }
    const value = this.#unchecked(place);
    const word = ACCEPTING[place.layout.kind] ?? 'acceptPart';
    return `${this.#use(word)}(r, ${slot.index}, ${value})`;
  }

  #unchecked(place: Place): string {
    const { layout } = place;
    const call = (word: string, ...parts: string[]) =>
      `${this.#use(word)}(${['r', ...parts].join(', ')})`;
    switch (layout.kind) {
      case 'enum':
        return call('readEnum', this.#file.members(layout.values, place.name));
      case 'maybe':
        return this.#maybe({ ...place, layout });
      case 'array':
        return call('readElements', this.#inner(place, layout.of, 'Item'));
      case 'record':
        return call('readRecord', this.#inner(place, layout.of, 'Value'));
      case 'set':
        return call('readSet', this.#inner(place, layout.of, 'Member'));
      case 'map': {
        const key = this.#inner(place, layout.key, 'Key');
        return call('readMap', key, this.#inner(place, layout.of, 'Value'));
      }
      case 'tuple': {
        const items = layout.items.map((item, index) => this.#inner(place, item, `${index}`));
        const rest = layout.rest ? [this.#inner(place, layout.rest, 'Rest')] : [];
        return call('readTuple', `[${items.join(', ')}]`, ...rest);
      }
      default:
        return METHODS[layout.kind] ?? `${this.#bare(place)}(r)`;
    }
  }

  #maybe(place: Place<MaybeLayout>): string {
    const mask = maskOf(place.layout);
    const inner = { ...place, layout: place.layout.of };
    if (mask === 6) return `${this.function(place)}(r)`;
    const other = mask === 4 ? 'null' : 'undefined';
    return `${this.#use('readState')}(r, ${mask}) === 3 ? ${this.#expression(inner)} : ${other}`;
  }

  #body(place: Place): string {
    const { layout } = place;
    switch (layout.kind) {
      case 'object':
        return this.#object({ ...place, layout });
      case 'union':
      case 'variant':
        return this.#choice({ ...place, layout });
      case 'maybe':
        return maskOf(layout) === 6
          ? this.#threeWay({ ...place, layout })
          : this.#expression(place);
      default:
        return this.#expression(place);
    }
  }

  /** A value that may be `undefined` and `null` too. */
  #threeWay(place: Place<MaybeLayout>): string {
    const inner = this.#expression({ ...place, layout: place.layout.of });
    return [
      `{\nconst state = ${this.#use('readState')}(r, 6);`,
      `return state === 3 ? (${inner}) : state === 2 ? null : undefined;\n}`,
    ].join('\n');
  }

  #object(place: Place<Of<'object'>>): string {
    const { layout } = place;
    const { properties, rest } = layout;
    const leave = this.#use('leaveFields');
    const entered = `r.open(${properties.length})`;
    if (isFixed(layout)) {
      return `${entered} && ${leave}(r, { ${this.#fields(place, properties.length)} })`;
    }
    const first = properties.findIndex(({ of }) => mayLack(of));
    const fixed = first < 0 ? properties.length : first;
    const fields = this.#fields(place, fixed);
    const steps = properties.slice(fixed).map(({ name, of }) => {
      return this.#property(partOf(place, of, name), JSON.stringify(name));
    });
    const stated = steps.filter((step) => step.startsWith('state ='));
    const known = properties.map(({ name }) => JSON.stringify(name)).join(', ');
    const left = `${leave}(r, value)`;
    return [
      `{\nif (!${entered}) return undefined;`,
      `const value: Record<string, unknown> = { ${fields} };`,
      ...(stated.length > 1 ? ['let state: number;'] : []),
      ...steps.map((step) =>
        stated.length === 1 ? step.replace(/^state =/, 'const state =') : step,
      ),
      `return ${rest === 'carry' ? `${this.#use('readRest')}(r, ${left}, [${known}])` : left};\n}`,
    ].join('\n');
  }

  /** The first properties, as a literal object has them. */
  #fields(place: Place<Of<'object'>>, count: number): string {
    return place.layout.properties
      .slice(0, count)
      .map(
        ({ name, of }) => `${JSON.stringify(name)}: ${this.#expression(partOf(place, of, name))}`,
      )
      .join(', ');
  }

  #property(place: Place, key: string): string {
    const { layout } = place;
    if (!mayLack(layout)) return `value[${key}] = ${this.#expression(place)};`;
    const mask = maskOf(layout);
    const slot = slotOf(place);
    if (slot) return `${this.#use('setField')}(value, ${key}, ${this.#field(place, slot, mask)});`;
    const inner = this.#expression({ ...place, layout: layout.of });
    const read = `state = ${this.#use('readState')}(r, ${mask});`;
    if (mask === 1) return `${read}\nif (state === 3) value[${key}] = ${inner};`;
    const both = 'state === 2 ? null : undefined';
    const other = mask === 7 ? both : mask === 5 ? 'null' : 'undefined';
    return `${read}\nif (state > 0) value[${key}] = state === 3 ? (${inner}) : ${other};`;
  }

  #choice(place: Place<Of<'union'> | Of<'variant'>>): string {
    const { layout } = place;
    const suffixes =
      layout.kind === 'union'
        ? layout.options.map((_, index) => `Option${index + 1}`)
        : layout.options.map(({ values }) => variantName(values[0]));
    const cases = layout.options.map(({ of }, index) => {
      const option = partOf(place, of, suffixes[index] as string);
      return `case ${index}: return ${this.#expression(option)};\n`;
    });
    const fail = `${this.#use('failChoice')}(r)`;
    return `{ switch (r.varint()) {\n${cases.join('')}default: return ${fail};\n} }`;
  }

  /** A property that may be missing, with its check. */
  #field(place: Place, slot: CheckSlot, mask: number): string {
    const of = (place.layout as MaybeLayout).of;
    const slots = slot.isWhole ? undefined : place.slots;
    const inner = this.function({ ...place, layout: of, slots });
    const word = this.#use('readField');
    if (!slot.isWhole) {
      return `${this.#use('acceptPart')}(r, ${slot.index}, ${word}(r, ${mask}, ${inner}))`;
    }
    const whole = `(r) => ${word}(r, ${mask}, ${inner})`;
    return `${this.#use('acceptWhole')}(r, ${slot.index}, ${whole})`;
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
