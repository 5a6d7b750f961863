import type * as core from 'zod/v4/core';

/** A zod 4 schema, built with `zod` or with `zod/mini`. */
export type Schema = core.$ZodType;

/** Which side of a schema is meant: what is given to it, or what it gives. */
export type Side = 'input' | 'output';

/** What is given to a schema; `undefined` where there is none. */
export type SchemaInput<S> = S extends Schema ? core.input<S> : undefined;

/** What a schema gives; `undefined` where there is none. */
export type SchemaOutput<S> = S extends Schema ? core.output<S> : undefined;

/** The definitions of all kinds of schemas that zod has. */
export type SchemaDef = core.$ZodTypes['_zod']['def'];

/** Tells whether a value is a zod 4 schema. */
export function isSchema(value: unknown): value is Schema {
  if (typeof value !== 'object' || value === null || !('_zod' in value)) return false;
  const internals = value._zod;
  return typeof internals === 'object' && internals !== null && 'def' in internals;
}

/** Gives the definition of a schema, to be told apart by its `type`. */
export function defOf(schema: Schema): SchemaDef {
  return (schema as core.$ZodTypes)._zod.def;
}

/** Tells whether a schema was built by the named constructor of zod's core. */
export function hasTrait(schema: Schema, trait: string): boolean {
  return schema._zod.traits.has(trait);
}

/** Gives the schema behind a `z.lazy()`: the same one each time. */
export function lazyTarget(schema: Schema): Schema {
  return (schema as core.$ZodLazy)._zod.innerType;
}

/**
 * Lists the schemas that a schema is made of, on both of its sides.
 * Throws what a getter of a recursive schema throws.
 */
export function childSchemas(schema: Schema): readonly Schema[] {
  const def = defOf(schema);
  switch (def.type) {
    case 'object':
      return [...Object.values(def.shape), ...present(def.catchall)];
    case 'array':
      return [def.element];
    case 'tuple':
      return [...def.items, ...present(def.rest)];
    case 'record':
    case 'map':
      return [def.keyType, def.valueType];
    case 'set':
      return [def.valueType];
    case 'union':
      return def.options;
    case 'intersection':
      return [def.left, def.right];
    case 'pipe':
      return [def.in, def.out];
    case 'lazy':
      return [lazyTarget(schema)];
    default:
      return 'innerType' in def ? [def.innerType] : [];
  }
}

function present(schema: Schema | null | undefined): Schema[] {
  return schema ? [schema] : [];
}
