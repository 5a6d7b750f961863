import { $ZodAsyncError, safeParse, safeParseAsync } from 'zod/v4/core';
import { issuesOf, type Issues } from './issues.js';
import type { Schema, SchemaOutput } from './schema/schema.js';

/** A parsed value, or what is wrong with the one that was given. */
export type Validation<Value> =
  | { readonly ok: true; readonly value: Value }
  | ({ readonly ok: false } & Issues);

/** Schemas that were seen to wait for something. */
const ASYNC = new WeakSet<Schema>();

/**
 * Parses a value with a schema, at once unless the schema has asynchronous code. `contract()`
 * refuses such code where it can see it. Throws or rejects with what a refinement, transform or
 * default of the schema throws.
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Validation<SchemaOutput<S>> | Promise<Validation<SchemaOutput<S>>> {
  if (ASYNC.has(schema)) return validateAsync(schema, value);
  try {
    return toValidation(safeParse(schema, value));
  } catch (error) {
    if (!(error instanceof $ZodAsyncError)) throw error;
    ASYNC.add(schema);
    return validateAsync(schema, value);
  }
}

async function validateAsync<S extends Schema>(
  schema: S,
  value: unknown,
): Promise<Validation<SchemaOutput<S>>> {
  return toValidation(await safeParseAsync(schema, value));
}

type Parsed = ReturnType<typeof safeParse>;

function toValidation<S extends Schema>(result: Parsed): Validation<SchemaOutput<S>> {
  return result.success
    ? { ok: true, value: result.data as SchemaOutput<S> }
    : { ok: false, ...issuesOf(result.error) };
}
