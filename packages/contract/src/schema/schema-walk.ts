import { canBeAbsent } from './optionality.js';
import { childSchemas, defOf, isSchema, type Schema } from './schema.js';

// A getter that builds a new schema each time never ends; nobody writes this many by hand.
const SCHEMAS_MAX = 20_000;

const ONE_WAY_KINDS = new Set(['pipe', 'transform', 'default', 'prefault', 'success']);

/** Tells whether both sides of a schema have the same type. */
export function isSymmetric(schema: Schema): boolean {
  for (const part of everySchema(schema)) {
    const def = defOf(part);
    if (ONE_WAY_KINDS.has(def.type) || ('coerce' in def && def.coerce)) return false;
    if (def.type === 'record' && canBeAbsent(def.valueType, 'input')) return false;
  }
  return true;
}

/**
 * Tells whether a schema runs something that is written as `async`, on either side. A function
 * that returns a promise without saying so shows only when it runs.
 */
export function hasAsyncCode(schema: Schema): boolean {
  for (const part of everySchema(schema)) {
    const def = defOf(part);
    const checks = (def.checks ?? []).map((check) => check._zod);
    const owners: readonly object[] = [def, ...checks, ...checks.map((check) => check.def)];
    if (owners.some((owner) => codeOf(owner).some(isAsync))) return true;
  }
  return false;
}

function* everySchema(root: Schema): Generator<Schema> {
  const seen = new Set<Schema>([root]);
  for (const schema of seen) {
    yield schema;
    if (seen.size > SCHEMAS_MAX) return;
    for (const child of childSchemas(schema)) if (isSchema(child)) seen.add(child);
  }
}

function codeOf(owner: object): unknown[] {
  return [
    'fn' in owner ? owner.fn : undefined,
    'check' in owner ? owner.check : undefined,
    'transform' in owner ? owner.transform : undefined,
    'tx' in owner ? owner.tx : undefined,
  ];
}

function isAsync(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AsyncFunction]';
}
