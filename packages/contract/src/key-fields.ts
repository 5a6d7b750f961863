import type { NamedType, TypeNode } from './type/type-node.js';

type Types = ReadonlyMap<string, NamedType>;

const SCALARS: ReadonlySet<TypeNode['kind']> = new Set<TypeNode['kind']>([
  'string',
  'number',
  'bigint',
  'boolean',
  'null',
  'undefined',
  'literal',
  'bigintLiteral',
  'template',
]);

/** Says for each field of a key why no key can be made of it, if it is so. */
export function keyFaults(fields: readonly string[], message: TypeNode, types: Types): string[] {
  return fields.flatMap((field) => {
    const found = fieldTypes(message, field, types);
    if (found.length === 0) return `the key "${field}" is no field of the message`;
    return found.every((type) => isScalar(type, types))
      ? []
      : `the key "${field}" must be a string, number, bigint, boolean or enum in every message`;
  });
}

/** The types that a field of a message may have; empty where some messages cannot have it. */
function fieldTypes(type: TypeNode, field: string, types: Types): TypeNode[] {
  switch (type.kind) {
    case 'object':
      return type.properties.flatMap((one) => (one.name === field ? [one.type] : []));
    case 'readonly':
      return fieldTypes(type.of, field, types);
    case 'ref':
      return fieldTypes(named(type.name, types), field, types);
    case 'intersection':
      return type.of.flatMap((one) => fieldTypes(one, field, types));
    case 'union': {
      const found = type.of.map((one) => fieldTypes(one, field, types));
      return found.every(({ length }) => length > 0) ? found.flat() : [];
    }
    default:
      return [];
  }
}

function isScalar(type: TypeNode, types: Types): boolean {
  if (type.kind === 'union') return type.of.every((one) => isScalar(one, types));
  if (type.kind === 'ref') return isScalar(named(type.name, types), types);
  return SCALARS.has(type.kind);
}

function named(name: string, types: Types): TypeNode {
  return types.get(name)?.type ?? { kind: 'unknown' };
}
