import type { ContractProblem } from './contract-error.js';
import { formatOf } from './type/leaf-type.js';
import { defOf, type Schema } from './schema/schema.js';

const ALLOWED = 'expected a string, integer, boolean, enum or literal, optional or with a default';
const INTEGER_FORMATS = new Set(['safeint', 'int32', 'uint32']);

/**
 * Lists what is wrong with the params of a topic. They are its key, which every peer and node
 * must read alike: one flat object of plain values, nothing changed on the way but defaults, which
 * are applied first.
 */
export function paramsProblems(schema: Schema, path: string): ContractProblem[] {
  const def = defOf(schema);
  if (def.type !== 'object') {
    return [{ path, message: 'expected one flat z.object(), since params are the key of a topic' }];
  }
  const problems = Object.entries(def.shape).flatMap(([name, param]) => {
    const message = paramFault(param);
    return message === undefined ? [] : [{ path: `${path}.${name}`, message }];
  });
  if (def.catchall !== undefined && defOf(def.catchall).type !== 'never') {
    problems.push({ path, message: 'params have fixed names; use z.object() or z.strictObject()' });
  }
  const changed = overwriteFault(schema);
  if (changed !== undefined) problems.push({ path, message: changed });
  return problems;
}

function paramFault(schema: Schema): string | undefined {
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'default':
      return paramFault(def.innerType);
    case 'pipe':
    case 'transform':
    case 'prefault':
    case 'catch':
      return `a param is a part of the topic's key and must not be changed; ${ALLOWED}`;
    case 'template_literal':
      return overwriteFault(schema);
    case 'string':
    case 'boolean':
      return coercionFault(def) ?? overwriteFault(schema);
    case 'number':
      return coercionFault(def) ?? (isInteger(schema) ? overwriteFault(schema) : NOT_INTEGER);
    case 'enum':
    case 'literal':
      return [...(schema._zod.values ?? [])].every(isKeyValue) ? undefined : ALLOWED;
    default:
      return `a param of kind "${def.type}" is not allowed; ${ALLOWED}`;
  }
}

const NOT_INTEGER = 'a number param must be an integer; use z.int()';

function isInteger(schema: Schema): boolean {
  return INTEGER_FORMATS.has(formatOf(defOf(schema)) ?? '');
}

function isKeyValue(value: unknown): boolean {
  return ['string', 'boolean'].includes(typeof value) || Number.isSafeInteger(value);
}

function coercionFault(def: { coerce?: boolean }): string | undefined {
  return def.coerce ? `a param is not coerced, since it is part of a key; ${ALLOWED}` : undefined;
}

/** Finds `.trim()`, `.toLowerCase()` and the like. */
function overwriteFault(schema: Schema): string | undefined {
  const checks = defOf(schema).checks ?? [];
  return checks.some((check) => check._zod.def.check === 'overwrite')
    ? `a param is a part of the topic's key and must not be changed; leave out .overwrite(), .trim() and their like`
    : undefined;
}
