import { canBeAbsent } from '../schema/optionality.js';
import { isSchema, type Schema, type SchemaDef } from '../schema/schema.js';
import { docOf } from './schema-doc.js';
import { alternativesOf, type ResolveName } from './type-algebra.js';
import type { PropertyNode, TupleItem, TypeNode } from './type-node.js';
import type { TypeRules, TypeScope } from './type-scope.js';

type ContainerKind = 'object' | 'array' | 'tuple' | 'record' | 'map' | 'set';

/** Rules for schemas of values with parts. */
export const CONTAINER_RULES: TypeRules<ContainerKind> = {
  object: objectType,
  array: (def, scope) => ({ kind: 'array', items: scope.visit(def.element, '[]') }),
  tuple: tupleType,
  record: recordType,
  map: (def, scope) => ({
    kind: 'map',
    key: scope.visit(def.keyType, '[key]'),
    value: scope.visit(def.valueType, '[]'),
  }),
  set: (def, scope) => ({ kind: 'set', items: scope.visit(def.valueType, '[]') }),
};

// A decoder never defines these on what it makes, since they reach an object's prototype.
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

function objectType(def: Extract<SchemaDef, { type: 'object' }>, scope: TypeScope): TypeNode {
  if (Object.getOwnPropertySymbols(def.shape).length > 0) {
    scope.refuse('a property named by a symbol cannot be carried; use a string');
  }
  const properties = Object.entries(def.shape).map(([name, schema]) =>
    propertyType(name, schema, scope),
  );
  if (def.catchall === undefined) return { kind: 'object', properties };
  const rest = scope.visit(def.catchall, '[]');
  return rest.kind === 'never'
    ? { kind: 'object', properties, strict: true }
    : { kind: 'object', properties, rest };
}

function propertyType(name: string, schema: Schema, scope: TypeScope): PropertyNode {
  const suffix = pathSuffix(name);
  if (REFUSED_KEYS.has(name)) {
    scope.refuse(`a property named "${name}" cannot be carried; rename it`, suffix);
  }
  const type = scope.visit(schema, suffix);
  // What an import cycle left undefined was noted by the visit.
  if (!isSchema(schema)) return { name, type };
  const optional = canBeAbsent(schema, scope.side);
  if (!optional) refuseNever(type, scope, suffix);
  return { name, ...(optional && { optional }), type, ...docOf(schema, scope.side) };
}

function tupleType(def: Extract<SchemaDef, { type: 'tuple' }>, scope: TypeScope): TypeNode {
  const required = def.items.findLastIndex((item) => !canBeAbsent(item, scope.side)) + 1;
  const items = def.items.map((schema, index): TupleItem => {
    const type = scope.visit(schema, `[${index}]`);
    if (index >= required) return { optional: true, type };
    refuseNever(type, scope, `[${index}]`);
    return { type };
  });
  return def.rest
    ? { kind: 'tuple', items, rest: scope.visit(def.rest, '[]') }
    : { kind: 'tuple', items };
}

function recordType(def: Extract<SchemaDef, { type: 'record' }>, scope: TypeScope): TypeNode {
  const key = scope.visit(def.keyType, '[key]');
  const value = scope.visit(def.valueType, '[]');
  const bad = keyFault(key, scope.resolve);
  if (bad !== undefined) scope.refuse(bad, '[key]');
  // As zod types it: on the way in, a value that may be absent makes every key optional.
  const partial = def.partial || (scope.side === 'input' && canBeAbsent(def.valueType, 'input'));
  return { kind: 'record', key, value, ...(partial && { partial: true }) };
}

function keyFault(key: TypeNode, resolve: ResolveName): string | undefined {
  const target = key.kind === 'ref' ? resolve(key.name) : key;
  for (const node of target ? alternativesOf(target) : []) {
    const isKey =
      node.kind === 'literal'
        ? typeof node.value !== 'boolean'
        : ['string', 'number', 'template'].includes(node.kind);
    if (!isKey) return 'a record key must be a string, number, enum or literal; use z.map()';
    if (node.kind === 'literal' && REFUSED_KEYS.has(String(node.value))) {
      return `a key "${node.value}" cannot be carried; rename it`;
    }
  }
  return undefined;
}

function refuseNever(type: TypeNode, scope: TypeScope, suffix: string): void {
  if (type.kind === 'never') scope.refuse('z.never() can never be given; leave it out', suffix);
}

function pathSuffix(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
