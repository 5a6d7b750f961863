import { $ZodAsyncError, safeParse, safeParseAsync } from 'zod/v4/core';
import { issuesOf, type Issues } from './issues.js';
import type { Schema, SchemaOutput } from './schema/schema.js';

/** A parsed value, or what is wrong with the one that was given. */
export type Validation<Value> =
  | { readonly ok: true; readonly value: Value }
  | ({ readonly ok: false } & Issues);

/** Schemas that were seen to wait for something, and those that were tried and did not. */
const ASYNC = new WeakSet<Schema>();
const TRIED = new WeakSet<Schema>();

/**
 * Parses a value with a schema: at once, unless a refinement or transform returns a promise. Throws
 * or rejects with what a refinement, transform or default of the schema throws.
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Validation<SchemaOutput<S>> | Promise<Validation<SchemaOutput<S>>> {
  if (ASYNC.has(schema) || isAsync(schema, value)) return validateAsync(schema, value);
  try {
    return toValidation(safeParse(schema, value));
  } catch (error) {
    if (!(error instanceof $ZodAsyncError)) throw error;
    ASYNC.add(schema);
    return validateAsync(schema, value);
  }
}

/**
 * Tries a schema once in zod's asynchronous mode: parsing synchronously would leave behind a promise
 * that nobody waits for, and its rejection could end the process.
 */
function isAsync(schema: Schema, value: unknown): boolean {
  if (TRIED.has(schema)) return false;
  const result = schema._zod.run({ value, issues: [] }, { async: true });
  TRIED.add(schema);
  if (!(result instanceof Promise)) return false;
  result.catch(() => undefined);
  ASYNC.add(schema);
  return true;
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
