/** A member of an enum or a literal, compared with `Object.is`. */
export type EnumValue = string | number | boolean | null;

/** What stands at one place of a packed value. Plain data: JSON keeps all of it. */
export type Layout =
  | {
      readonly kind:
        | 'any'
        | 'string'
        | 'number'
        | 'int'
        | 'bigint'
        | 'boolean'
        | 'date'
        | 'bytes'
        | 'null'
        | 'undefined';
    }
  | { readonly kind: 'enum'; readonly values: readonly EnumValue[] }
  | MaybeLayout
  | ObjectLayout
  | { readonly kind: 'array'; readonly of: Layout }
  | { readonly kind: 'tuple'; readonly items: readonly Layout[]; readonly rest?: Layout }
  | { readonly kind: 'record'; readonly of: Layout }
  | { readonly kind: 'map'; readonly key: Layout; readonly of: Layout }
  | { readonly kind: 'set'; readonly of: Layout }
  | { readonly kind: 'union'; readonly options: readonly UnionOption[] }
  | { readonly kind: 'variant'; readonly key: string; readonly options: readonly VariantOption[] }
  | { readonly kind: 'ref'; readonly to: number };

/** A value that may be `null` or `undefined`, and as a property of an object may be missing. */
export interface MaybeLayout {
  readonly kind: 'maybe';
  readonly absent?: true;
  readonly undefined?: true;
  readonly null?: true;
  readonly of: Layout;
}

/** An object with known properties, in the order of their places. */
export interface ObjectLayout {
  readonly kind: 'object';
  readonly properties: readonly PropertyLayout[];
  /** What happens to other keys: left out unless it is said here. */
  readonly rest?: 'refuse' | 'carry';
}

/** One property of an object. Only a `maybe` with `absent` may be missing. */
export interface PropertyLayout {
  readonly name: string;
  readonly of: Layout;
}

/** An alternative that is told from the others by what kind of value it is. */
export interface UnionOption {
  readonly takes: readonly ValueKind[];
  readonly of: Layout;
}

/** An object that is told from the others by the value of one of its properties. */
export interface VariantOption {
  readonly values: readonly EnumValue[];
  readonly of: Layout;
}

/** The kinds of values that a union can tell apart. */
export type ValueKind =
  | 'string'
  | 'number'
  | 'bigint'
  | 'boolean'
  | 'date'
  | 'bytes'
  | 'null'
  | 'undefined'
  | 'array'
  | 'object'
  | 'map'
  | 'set';

/** The layout of a position: the root, and the layouts that a `ref` goes back to by index. */
export interface LayoutDocument {
  readonly root: Layout;
  readonly types: readonly Layout[];
}

/** Kinds that an object reads and writes in place: codecs know them by their index here. */
export const SIMPLE_KINDS: readonly string[] = ['string', 'int', 'number', 'boolean'];

/** Keys that reach an object's prototype; they are never carried. */
export const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Gives what kind of value this is; `undefined` for what nothing can carry. */
export function valueKindOf(value: unknown): ValueKind | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'undefined':
      return typeof value as ValueKind;
    case 'object':
      return value === null ? 'null' : objectKindOf(value);
    default:
      return undefined;
  }
}

/** Tells whether a value is an object without a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Names a value that a layout does not take. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object')
    return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  if (isPlainObject(value)) return 'an object';
  const { constructor } = value as { constructor?: unknown };
  return `an instance of ${typeof constructor === 'function' ? String(constructor.name).slice(0, 64) : 'an unknown class'}`;
}

function objectKindOf(value: object): ValueKind | undefined {
  if (Array.isArray(value)) return 'array';
  if (isPlainObject(value)) return 'object';
  if (value instanceof Date) return 'date';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Map) return 'map';
  return value instanceof Set ? 'set' : undefined;
}
