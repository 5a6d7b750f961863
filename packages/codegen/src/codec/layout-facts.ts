import type { Layout, MaybeLayout, ObjectLayout } from '@trunkline/protocol';

/** The layouts whose code is one word. */
export type LeafKind = Exclude<
  Layout['kind'],
  | 'enum'
  | 'maybe'
  | 'object'
  | 'array'
  | 'tuple'
  | 'record'
  | 'map'
  | 'set'
  | 'union'
  | 'variant'
  | 'ref'
>;

/** A layout of one of these kinds. */
export type Of<Kind extends Layout['kind']> = Extract<Layout, { readonly kind: Kind }>;

/** Says in bits which states a value may have beside being there: missing, `undefined`, `null`. */
export function maskOf(layout: MaybeLayout): number {
  return (layout.absent ? 1 : 0) + (layout.undefined ? 2 : 0) + (layout.null ? 4 : 0);
}

/** Tells whether a property may be missing. */
export function mayLack(layout: Layout): layout is MaybeLayout {
  return layout.kind === 'maybe' && layout.absent === true;
}

/** Tells whether `undefined` can be written in a place. */
export function takesUndefined(layout: Layout, types: readonly Layout[]): boolean {
  switch (layout.kind) {
    case 'any':
    case 'undefined':
      return true;
    case 'maybe':
      return layout.undefined === true || takesUndefined(layout.of, types);
    case 'union':
      return layout.options.some(({ takes }) => takes.includes('undefined'));
    case 'ref': {
      const type = types[layout.to];
      // What only refers is cut off, as it is made of nothing but itself.
      return type !== undefined && takesUndefined(type, types.toSpliced(layout.to, 1, NOTHING));
    }
    default:
      return false;
  }
}

const NOTHING: Layout = { kind: 'null' };

/** Tells whether every object has something under this name. */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}

/** Tells whether an object is read at once, with all of its properties. */
export function isFixed({ properties, rest }: ObjectLayout): boolean {
  return rest !== 'carry' && !properties.some(({ of }) => mayLack(of));
}
