import { safeParse } from 'zod/v4/core';
import { issuesOf, type Issues } from './issues.js';
import type { Schema, SchemaOutput } from './schema.js';

/** A parsed value, or what is wrong with the one that was given. */
export type Validation<Value> =
  | { readonly ok: true; readonly value: Value }
  | ({ readonly ok: false } & Issues);

/**
 * Parses a value with a schema. Throws what a refinement, transform or default of the schema
 * throws, and zod's own error when one of them returns a promise.
 */
export function validate<S extends Schema>(schema: S, value: unknown): Validation<SchemaOutput<S>> {
  const result = safeParse(schema, value);
  return result.success
    ? { ok: true, value: result.data as SchemaOutput<S> }
    : { ok: false, ...issuesOf(result.error) };
}
