import type { EnumValue, Layout, ObjectLayout, UnionOption, ValueKind } from '@trunkline/protocol';
import type { Side } from '../schema/schema.js';
import { mergeLayouts } from './merge-layouts.js';

/** Gives the layout that a `ref` stands for, if it is known by now. */
export type ResolveRef = (layout: Layout) => Layout | undefined;

/**
 * Joins alternatives to one layout that tells them apart. It does so by a property or by the kind
 * of the value; `undefined` where neither can.
 */
export function unionLayout(options: readonly Layout[], resolve: ResolveRef): Layout | undefined {
  if (options.length === 0) return undefined;
  return variantLayout(options, resolve) ?? kindLayout(options, resolve);
}

/**
 * Joins alternatives that nothing tells apart to a layout that takes what any of them takes.
 * It is zod that chooses then; `undefined` where they have too little in common.
 */
export function blurredLayout(
  options: readonly Layout[],
  { resolve, side }: { readonly resolve: ResolveRef; readonly side: Side },
): Layout | undefined {
  const merged = mergeLayouts(options, side);
  return merged.length === 1 ? merged[0] : kindLayout(merged, resolve);
}

function kindLayout(options: readonly Layout[], resolve: ResolveRef): Layout | undefined {
  const taken = new Set<ValueKind>();
  const told: { takes: ValueKind[]; of: Layout }[] = [];
  for (const of of options) {
    const takes = kindsOf(of, resolve);
    if (takes === undefined || takes.some((kind) => taken.has(kind))) return undefined;
    takes.forEach((kind) => taken.add(kind));
    told.push({ takes, of });
  }
  // An object of zod takes everything of a class too, and what is first wins.
  const isBlurred = ['date', 'bytes', 'map', 'set'].some((kind) => taken.has(kind as ValueKind));
  return taken.has('object') && isBlurred ? undefined : { kind: 'union', options: told };
}

function kindsOf(layout: Layout, resolve: ResolveRef): ValueKind[] | undefined {
  switch (layout.kind) {
    case 'int':
      return ['number'];
    case 'tuple':
      return ['array'];
    case 'record':
    case 'variant':
      return ['object'];
    case 'enum':
      return [...new Set(layout.values.map(kindOfMember))];
    case 'maybe': {
      const inner = kindsOf(layout.of, resolve);
      const kinds = inner && new Set(inner);
      if (layout.null) kinds?.add('null');
      if (layout.undefined) kinds?.add('undefined');
      return kinds && [...kinds];
    }
    case 'union':
      return layout.options.flatMap(({ takes }) => takes);
    case 'ref': {
      const target = resolve(layout);
      return target && target.kind !== 'ref' ? kindsOf(target, resolve) : undefined;
    }
    case 'any':
      return undefined;
    default:
      return [layout.kind];
  }
}

function kindOfMember(value: EnumValue): ValueKind {
  return value === null ? 'null' : (typeof value as ValueKind);
}

function variantLayout(options: readonly Layout[], resolve: ResolveRef): Layout | undefined {
  const objects: ObjectLayout[] = [];
  for (const option of options) {
    const target = option.kind === 'ref' ? resolve(option) : option;
    if (target?.kind !== 'object') return undefined;
    objects.push(target);
  }
  for (const { name: key } of objects[0]?.properties ?? []) {
    const values = objects.map((object) => membersOf(object, key));
    const all = values.flat();
    const isTelling = values.every((some) => some.length > 0) && new Set(all).size === all.length;
    if (!isTelling || key in Object.prototype) continue;
    const told = options.map((of, index) => ({ values: values[index] ?? [], of }));
    return { kind: 'variant', key, options: told };
  }
  return undefined;
}

function membersOf(object: ObjectLayout, key: string): readonly EnumValue[] {
  const of = object.properties.find(({ name }) => name === key)?.of;
  return of?.kind === 'enum' ? of.values : [];
}

/**
 * Gives the layout of the members of an enum or literal. Bigints are told by their kind only;
 * `undefined` where a member cannot be named at all.
 */
export function enumLayout(values: readonly unknown[]): Layout | undefined {
  const plain = values.filter(isEnumValue);
  const others = values.filter((value) => !isEnumValue(value));
  const hasBigint = others.some((value) => typeof value === 'bigint');
  const hasUndefined = others.includes(undefined);
  const isKnown = others.every((value) => value === undefined || typeof value === 'bigint');
  if (values.length === 0 || !isKnown) return undefined;
  const members: Layout = { kind: 'enum', values: plain };
  if (others.length === 0) return members;
  const options: UnionOption[] =
    plain.length > 0 ? [{ takes: kindsOf(members, () => undefined) ?? [], of: members }] : [];
  if (hasBigint) options.push({ takes: ['bigint'], of: { kind: 'bigint' } });
  const [first] = options;
  if (first === undefined) return { kind: 'undefined' };
  const of: Layout = options.length === 1 ? first.of : { kind: 'union', options };
  return hasUndefined ? { kind: 'maybe', undefined: true, of } : of;
}

function isEnumValue(value: unknown): value is EnumValue {
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
}
