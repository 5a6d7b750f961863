import type { TypeNode } from './type-node.js';

/** Finds the type behind a `ref`; `undefined` while that type is still being read. */
export type ResolveName = (name: string) => TypeNode | undefined;

/** The type of what is not there. */
export const UNDEFINED: TypeNode = { kind: 'undefined' };

/** The type of everything that can be carried. */
export const UNKNOWN: TypeNode = { kind: 'unknown' };

const NEVER: TypeNode = { kind: 'never' };

/** Joins types to a union: flat, without repetitions, with `never` and `unknown` absorbed. */
export function unionOf(nodes: readonly TypeNode[]): TypeNode {
  const members = new Map<string, TypeNode>();
  for (const node of nodes.flatMap(alternativesOf)) {
    if (node.kind === 'unknown') return UNKNOWN;
    if (node.kind !== 'never') members.set(JSON.stringify(node), node);
  }
  const [first, ...others] = members.values();
  if (first === undefined) return NEVER;
  return others.length === 0 ? first : { kind: 'union', of: [first, ...others] };
}

/** Takes `undefined` out of a type. */
export function withoutUndefined(node: TypeNode, resolve: ResolveName): TypeNode {
  const target = node.kind === 'ref' ? resolve(node.name) : node;
  // A type that is still being read is recursive, hence an object or array at its outside.
  if (target === undefined) return node;
  const kept = alternativesOf(target).filter(({ kind }) => kind !== 'undefined');
  return kept.length === alternativesOf(target).length ? node : unionOf(kept);
}

/** Makes a type readonly as `z.readonly()` does: one level deep, built-in objects as they are. */
export function asReadonly(node: TypeNode, resolve: ResolveName): TypeNode {
  switch (node.kind) {
    case 'union':
      return unionOf(node.of.map((member) => asReadonly(member, resolve)));
    case 'object':
    case 'array':
    case 'set':
    case 'map':
      return { ...node, readonly: true };
    case 'tuple': {
      // The compiler sees a tuple only behind a first item that must be there.
      if (node.items[0] !== undefined && node.items[0].optional === undefined) {
        return { ...node, readonly: true };
      }
      const items = [...node.items.map(({ type }) => type), ...(node.rest ? [node.rest] : [])];
      return { kind: 'array', items: unionOf(items), readonly: true };
    }
    case 'ref': {
      const target = resolve(node.name);
      return target === undefined || alternativesOf(target).every(keepsItsName)
        ? { kind: 'readonly', of: node }
        : asReadonly(target, resolve);
    }
    case 'record':
    case 'intersection':
    case 'unknown':
      return { kind: 'readonly', of: node };
    default:
      return node;
  }
}

/** Whether `Readonly<Name>` says of a type what `asReadonly` says of it. */
function keepsItsName(node: TypeNode): boolean {
  if (node.kind === 'tuple') return node.items[0] !== undefined && !node.items[0].optional;
  return !['date', 'bytes', 'map', 'set', 'ref'].includes(node.kind);
}

/** Lists the members of a union; of any other type the type itself. */
export function alternativesOf(node: TypeNode): readonly TypeNode[] {
  return node.kind === 'union' ? node.of : [node];
}
