import type { Layout, PartCheck, PropertyLayout } from '@trunkline/protocol';
import {
  defOf,
  hasTrait,
  lazyTarget,
  type Schema,
  type SchemaDef,
  type Side,
} from '../schema/schema.js';
import { isBinary } from '../schema/instance.js';
import {
  checksOf,
  defaultCheck,
  fillingCheck,
  leafCheck,
  lengthCheck,
  wholeCheck,
} from './part-check.js';
import { absentable, isSameLayout, joinedObject } from './merge-layouts.js';
import { blurredLayout, enumLayout, unionLayout } from './union-layout.js';

type Def<Kind extends SchemaDef['type']> = Extract<SchemaDef, { type: Kind }>;

// Both stop a getter that builds a new schema each time.
const DEPTH_MAX = 200;
const VISITS_MAX = 20_000;

const UNSAFE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads one side of one schema to a layout, and notes which checks belong to which part. */
export class LayoutReader {
  readonly types: Layout[] = [];
  readonly checks = new Map<Layout, PartCheck>();
  readonly #side: Side;
  readonly #open = new Map<Schema, { slot: number | undefined }>();
  #visits = 0;

  constructor(side: Side) {
    this.#side = side;
  }

  /** Throws what a getter of the schema throws, and a RangeError for one that does not end. */
  visit(schema: Schema): Layout {
    const met = this.#open.get(schema);
    if (met) return { kind: 'ref', to: (met.slot ??= this.#newSlot()) };
    if (this.#open.size > DEPTH_MAX || ++this.#visits > VISITS_MAX) {
      throw new RangeError('the schema does not end or is too large');
    }
    const entry: { slot: number | undefined } = { slot: undefined };
    this.#open.set(schema, entry);
    const layout = this.#read(schema);
    this.#open.delete(schema);
    if (entry.slot === undefined) return layout;
    this.types[entry.slot] = layout;
    return { kind: 'ref', to: entry.slot };
  }

  #newSlot(): number {
    // What is not read yet is known by nothing.
    return this.types.push({ kind: 'any' }) - 1;
  }

  #read(schema: Schema): Layout {
    const def = defOf(schema);
    switch (def.type) {
      case 'string':
      case 'number':
      case 'bigint':
      case 'boolean':
      case 'date':
        return 'coerce' in def && def.coerce
          ? this.#any(schema)
          : this.#leaf(schema, scalarOf(schema));
      case 'null':
      case 'undefined':
        return this.#leaf(schema, { kind: def.type });
      case 'void':
        return this.#leaf(schema, { kind: 'undefined' });
      case 'nan':
        return this.#whole(schema, { kind: 'number' });
      case 'template_literal':
        return this.#whole(schema, { kind: 'string' });
      case 'enum':
      case 'literal':
        return this.#enum(schema);
      case 'custom':
        return isBinary(schema) ? this.#leaf(schema, { kind: 'bytes' }) : this.#any(schema);
      case 'lazy':
        return this.#over(schema, this.visit(lazyTarget(schema)));
      case 'readonly':
        return this.#over(schema, this.visit(def.innerType));
      case 'nonoptional':
        return this.#whole(schema, this.visit(def.innerType));
      case 'pipe':
        return this.#pipe(schema, def);
      case 'optional':
      case 'nullable':
      case 'default':
      case 'prefault':
        return this.#maybe(schema, def);
      default:
        return this.#readContainer(schema, def);
    }
  }

  #readContainer(schema: Schema, def: SchemaDef): Layout {
    switch (def.type) {
      case 'object':
        return this.#object(schema, def);
      case 'array':
        return this.#array(schema, { kind: 'array', of: this.visit(def.element) });
      case 'tuple':
        return this.#tuple(schema, def);
      case 'record':
        return this.#record(schema, def);
      case 'map': {
        const key = this.visit(def.keyType);
        return this.#whole(schema, { kind: 'map', key, of: this.visit(def.valueType) });
      }
      case 'set':
        return this.#whole(schema, { kind: 'set', of: this.visit(def.valueType) });
      case 'union':
        return this.#union(schema, def);
      case 'intersection':
        return this.#intersection(schema, def);
      default:
        return this.#any(schema);
    }
  }

  #whole(schema: Schema, layout: Layout): Layout {
    this.checks.set(layout, wholeCheck(schema));
    return layout;
  }

  #any(schema: Schema): Layout {
    const { type } = defOf(schema);
    const isFree = (type === 'any' || type === 'unknown') && checksOf(schema).length === 0;
    return isFree ? { kind: 'any' } : this.#whole(schema, { kind: 'any' });
  }

  #leaf(schema: Schema, layout: Layout): Layout {
    // The class of a `z.instanceof()` is a check of it, and bytes are nothing else.
    const isFree = defOf(schema).type === 'custom' && !schema._zod.def.checks?.length;
    const check = isFree ? undefined : leafCheck(schema);
    const isSure = layout.kind === 'int' && checksOf(schema).every(isWholeNumber);
    if (check && !isSure) this.checks.set(layout, check);
    return layout;
  }

  /** A wrapper that adds nothing but its own checks. */
  #over(schema: Schema, layout: Layout): Layout {
    return schema._zod.def.checks?.length ? this.#whole(schema, layout) : layout;
  }

  #enum(schema: Schema): Layout {
    const layout = enumLayout([...(schema._zod.values ?? [])]);
    if (layout === undefined) return this.#any(schema);
    const isExact = layout.kind === 'enum' || layout.kind === 'undefined';
    return isExact ? this.#leaf(schema, layout) : this.#whole(schema, layout);
  }

  #pipe(schema: Schema, def: Def<'pipe'>): Layout {
    if (hasTrait(schema, '$ZodPreprocess')) return this.#any(schema);
    return this.#whole(schema, this.visit(this.#side === 'input' ? def.in : def.out));
  }

  #maybe(schema: Schema, def: Def<'optional' | 'nullable' | 'default' | 'prefault'>): Layout {
    const of = this.visit(def.innerType);
    const isDefault = def.type === 'default' || def.type === 'prefault';
    if (isDefault && this.#side === 'output') return this.#filled(schema, def, of);
    const layout: Layout =
      def.type === 'nullable'
        ? { kind: 'maybe', null: true, of }
        : { kind: 'maybe', undefined: true, of };
    const { optin } = def.innerType._zod;
    const isPlain = !def.checks?.length && (def.type === 'nullable' || optin === undefined);
    if (!isPlain || def.type === 'prefault' || hasTrait(schema, '$ZodExactOptional')) {
      return this.#whole(schema, layout);
    }
    if (def.type === 'default') this.checks.set(layout, defaultCheck(def));
    return layout;
  }

  /** What is written for a default, which fills in by itself where nothing else is in the way. */
  #filled(schema: Schema, def: Def<'optional' | 'nullable' | 'default' | 'prefault'>, of: Layout) {
    const check = this.checks.get(of);
    const isPlain = def.type === 'default' && !def.checks?.length && isFillable(of);
    if (!isPlain || check?.isWhole || check?.fill) return this.#whole(schema, { ...of });
    const layout: Layout = { ...of };
    this.checks.set(layout, fillingCheck(check, def));
    return layout;
  }

  #object(schema: Schema, def: Def<'object'>): Layout {
    const names = Object.keys(def.shape);
    const hasSymbols = Object.getOwnPropertySymbols(def.shape).length > 0;
    if (hasSymbols || names.some((name) => UNSAFE_KEYS.has(name))) return this.#any(schema);
    const properties = names.map((name) => this.#property(name, def.shape[name] as Schema));
    const rest = def.catchall && (defOf(def.catchall).type === 'never' ? 'refuse' : 'carry');
    const layout: Layout = rest
      ? { kind: 'object', properties, rest }
      : { kind: 'object', properties };
    const isFused =
      !def.checks?.length &&
      (rest !== 'carry' || isFreeCatchall(def.catchall as Schema)) &&
      names.every(
        (name) => !(name in Object.prototype) && isPlainProperty(def.shape[name] as Schema),
      );
    return isFused ? layout : this.#whole(schema, layout);
  }

  #property(name: string, schema: Schema): PropertyLayout {
    const of = this.visit(schema);
    const { optin, optout } = schema._zod;
    const isFilled = this.#side === 'output' && optin === 'defaulted' && optout !== 'optional';
    if (optin === undefined || isFilled) return { name, of };
    return { name, of: this.#absentable(of) };
  }

  /** Adds the state of a missing property. Only a property has it, so a shared layout is wrapped. */
  #absentable(layout: Layout): Layout {
    const widened = absentable(layout);
    const check = layout.kind === 'maybe' ? this.checks.get(layout) : undefined;
    if (check) this.checks.set(widened, check);
    return widened;
  }

  #array(schema: Schema, layout: Layout): Layout {
    let min = 0;
    let max = Number.POSITIVE_INFINITY;
    for (const { check, minimum, maximum, length } of checksOf(schema)) {
      if (check === 'min_length') min = Math.max(min, minimum ?? 0);
      else if (check === 'max_length') max = Math.min(max, maximum ?? max);
      else if (check === 'length_equals' && length !== undefined) {
        min = Math.max(min, length);
        max = Math.min(max, length);
      } else return this.#whole(schema, layout);
    }
    if (min > 0 || max !== Number.POSITIVE_INFINITY) this.checks.set(layout, lengthCheck(min, max));
    return layout;
  }

  #tuple(schema: Schema, def: Def<'tuple'>): Layout {
    const items = def.items.map((item) => this.visit(item));
    if (def.rest) return this.#whole(schema, { kind: 'tuple', items, rest: this.visit(def.rest) });
    const layout: Layout = { kind: 'tuple', items };
    const isFixed = def.items.every(({ _zod: { optin, optout } }) => !optin && !optout);
    if (!isFixed || def.checks?.length) return this.#whole(schema, layout);
    this.checks.set(layout, lengthCheck(items.length, items.length));
    return layout;
  }

  #record(schema: Schema, def: Def<'record'>): Layout {
    const layout: Layout = { kind: 'record', of: this.visit(def.valueType) };
    const isFused =
      !def.checks?.length &&
      isFreeText(def.keyType) &&
      def.valueType._zod.optin === undefined &&
      def.valueType._zod.optout === undefined;
    return isFused ? layout : this.#whole(schema, layout);
  }

  #union(schema: Schema, def: Def<'union'>): Layout {
    const resolve = (layout: Layout) => (layout.kind === 'ref' ? this.types[layout.to] : layout);
    const options = def.options.map((option) => this.visit(option));
    const layout = unionLayout(options, resolve);
    if (layout === undefined) {
      const blurred = blurredLayout(options, { resolve, side: this.#side });
      return blurred ? this.#whole(schema, blurred) : this.#any(schema);
    }
    const isFused = !def.checks?.length && (this.#side === 'input' || this.#isSteady(layout));
    return isFused ? layout : this.#whole(schema, layout);
  }

  /** Whether what a value is before zod ran tells as much as what it is afterwards. */
  #isSteady(layout: Layout | undefined): boolean {
    const check = layout && this.checks.get(layout);
    if (layout === undefined || check?.isWhole || check?.fill) return false;
    if (layout.kind === 'ref') return this.#isSteady(this.types[layout.to]);
    if (layout.kind === 'maybe') return this.#isSteady(layout.of);
    if (layout.kind === 'union') return layout.options.every(({ of }) => this.#isSteady(of));
    if (layout.kind !== 'variant') return true;
    return layout.options.every(({ of }) => {
      const target = of.kind === 'ref' ? this.types[of.to] : of;
      const key =
        target?.kind === 'object' && target.properties.find((one) => one.name === layout.key);
      return key && this.#isSteady(of) && this.#isSteady(key.of);
    });
  }

  #intersection(schema: Schema, def: Def<'intersection'>): Layout {
    const left = this.visit(def.left);
    const right = this.visit(def.right);
    if (isSameLayout(left, right)) return this.#whole(schema, { ...left });
    if (left.kind !== 'object' || right.kind !== 'object') return this.#any(schema);
    const layout = joinedObject(left, right);
    return layout ? this.#whole(schema, layout) : this.#any(schema);
  }
}

function scalarOf(schema: Schema): Layout {
  const def = defOf(schema);
  if (def.type === 'number') return { kind: checksOf(schema).some(isInt) ? 'int' : 'number' };
  return { kind: def.type as 'string' | 'bigint' | 'boolean' | 'date' };
}

function isInt({ check, format }: ReturnType<typeof checksOf>[number]): boolean {
  return check === 'number_format' && ['safeint', 'int32', 'uint32'].includes(format ?? '');
}

/** Whether a check says no more than the layout of whole numbers does. */
function isWholeNumber({ check, format }: ReturnType<typeof checksOf>[number]): boolean {
  return check === 'number_format' && format === 'safeint';
}

function isFillable({ kind }: Layout): boolean {
  return !['maybe', 'union', 'variant', 'ref', 'any', 'undefined'].includes(kind);
}

function isFreeCatchall(schema: Schema): boolean {
  const { type, checks } = defOf(schema);
  return (type === 'unknown' || type === 'any') && !checks?.length;
}

function isFreeText(schema: Schema): boolean {
  const def = defOf(schema);
  return def.type === 'string' && !def.coerce && checksOf(schema).length === 0;
}

/** Whether a missing property means to zod what the layout makes of it. */
function isPlainProperty(schema: Schema): boolean {
  const { optin, optout } = schema._zod;
  if (optin === undefined) return true;
  const def = defOf(schema);
  if ((def.type !== 'optional' && def.type !== 'default') || def.checks?.length) return false;
  if (hasTrait(schema, '$ZodExactOptional') || def.innerType._zod.optin !== undefined) return false;
  return def.type === 'optional'
    ? optin === 'optional' && optout === 'optional'
    : optin === 'defaulted' && optout !== 'optional';
}
