import type { Layout, ObjectLayout, PropertyLayout } from '@trunkline/protocol';
import type { Side } from '../schema/schema.js';

/**
 * Joins layouts that nothing tells apart to one that takes what any of them takes. Those that have
 * nothing in common stay beside each other. What zod gives comes in the order of one of the
 * objects, and with its properties only; what is given to it may have others, of any kind.
 */
export function mergeLayouts(layouts: readonly Layout[], side: Side): Layout[] {
  const merged: Layout[] = [];
  for (const layout of layouts) {
    let at = merged.length;
    let joined: Layout | undefined = { ...layout };
    for (const [index, other] of merged.entries()) {
      const both = mergePair(other, layout, side);
      if (both) [at, joined] = [index, both];
    }
    merged[at] = joined;
  }
  return merged;
}

/** Tells whether two layouts are the same data. */
export function isSameLayout(left: Layout, right: Layout): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Gives a layout of a property that may be missing. */
export function absentable(layout: Layout): Layout {
  return layout.kind === 'maybe'
    ? { ...layout, absent: true }
    : { kind: 'maybe', absent: true, of: layout };
}

/** Gives one object with the properties of two, if they agree in those that they share. */
export function joinedObject(left: ObjectLayout, right: ObjectLayout): Layout | undefined {
  if (left.rest !== right.rest || left.rest === 'carry') return undefined;
  const properties = [...left.properties];
  for (const property of right.properties) {
    const met = left.properties.find(({ name }) => name === property.name);
    if (met === undefined) properties.push(property);
    else if (!isSameLayout(met.of, property.of)) return undefined;
  }
  return left.rest
    ? { kind: 'object', properties, rest: left.rest }
    : { kind: 'object', properties };
}

function mergePair(left: Layout, right: Layout, side: Side): Layout | undefined {
  if (isSameLayout(left, right)) return { ...left };
  if (left.kind === 'enum' && right.kind === 'enum') {
    return { kind: 'enum', values: [...new Set([...left.values, ...right.values])] };
  }
  for (const kind of ['number', 'string'] as const) {
    if (isOf(left, kind) && isOf(right, kind)) return { kind };
  }
  if (left.kind === 'array' && right.kind === 'array') {
    return { kind: 'array', of: mergePair(left.of, right.of, side) ?? { kind: 'any' } };
  }
  if (left.kind !== 'object' || right.kind !== 'object') return undefined;
  return mergeObjects(left, right, side);
}

function isOf(layout: Layout, kind: 'number' | 'string'): boolean {
  if (layout.kind === 'enum') return layout.values.every((value) => typeof value === kind);
  return layout.kind === kind || (layout.kind === 'int' && kind === 'number');
}

function mergeObjects(left: ObjectLayout, right: ObjectLayout, side: Side): Layout | undefined {
  // What one alternative carries, another one drops.
  if (left.rest !== right.rest || left.rest === 'carry') return undefined;
  const names = new Set([...left.properties, ...right.properties].map(({ name }) => name));
  const places = [...names];
  const order = right.properties.map(({ name }) => places.indexOf(name));
  if (side === 'output' && order.some((place, index) => place < (order[index - 1] ?? 0)))
    return undefined;
  const isExact = side === 'output' || left.rest === 'refuse';
  const properties = places.map((name): PropertyLayout => {
    const [one, other] = [partOf(left, name), partOf(right, name)];
    if (one && other) return { name, of: mergeParts(one, other, side) };
    return { name, of: absentable(isExact ? ((one ?? other) as Layout) : { kind: 'any' }) };
  });
  return left.rest
    ? { kind: 'object', properties, rest: left.rest }
    : { kind: 'object', properties };
}

function partOf({ properties }: ObjectLayout, name: string): Layout | undefined {
  return properties.find((one) => one.name === name)?.of;
}

function mergeParts(left: Layout, right: Layout, side: Side): Layout {
  if (isSameLayout(left, right)) return left;
  const isMissing = [left, right].some((one) => one.kind === 'maybe' && one.absent);
  const of = mergePair(left, right, side) ?? { kind: 'any' };
  return isMissing ? absentable(of) : of;
}
