import { $ZodAsyncError } from 'zod/v4/core';
import { REFUSED, ABSENT, type PartCheck } from '@trunkline/protocol';
import { defOf, hasTrait, type Schema, type SchemaDef } from '../schema/schema.js';

/** Runs zod on a part that was read by structure, and on all that is inside. */
export function wholeCheck(schema: Schema): PartCheck {
  const run = runOf(schema);
  return { isWhole: true, accept: (value) => (value === ABSENT ? ABSENT : run(value)) };
}

/** Puts the default in the place of what is missing. */
export function defaultCheck(def: Extract<SchemaDef, { type: 'default' }>): PartCheck {
  return {
    isWhole: false,
    accept: (value) => (value === ABSENT || value === undefined ? def.defaultValue : value),
  };
}

/** Holds an array to its exact length, or to the bounds of its schema. */
export function lengthCheck(min: number, max: number): PartCheck {
  return {
    isWhole: false,
    accept: (value) => {
      const { length } = value as readonly unknown[];
      return length >= min && length <= max ? value : REFUSED;
    },
  };
}

/**
 * Checks a value without parts. What is plainly allowed is let through; what is not, or not
 * plainly, is given to zod. `undefined` where every value that the layout reads is allowed.
 */
export function leafCheck(schema: Schema): PartCheck | undefined {
  const def = defOf(schema);
  const checks = checksOf(schema);
  const isNumber = def.type === 'number';
  // A number that is read as such may be NaN or infinite, which zod refuses.
  if (checks.length === 0 && !isNumber) return undefined;
  const run = runOf(schema);
  const tests = checks.map(isNumber ? numberTest : stringTest);
  const sure = tests.filter((test) => test !== undefined);
  const isKnown = sure.length === tests.length && (isNumber || def.type === 'string');
  if (!isKnown) return { isWhole: true, accept: run };
  const all = isNumber ? [Number.isFinite as Test, ...sure] : sure;
  const isAllowed = all.length === 1 ? (all[0] as (value: unknown) => boolean) : every(all);
  return { isWhole: false, accept: (value) => (isAllowed(value) ? value : run(value)) };
}

/** Lists the checks of a schema, itself among them where it is one. */
export function checksOf(schema: Schema): readonly CheckDef[] {
  const own = hasTrait(schema, '$ZodCheck') ? [schema._zod.def as unknown as CheckDef] : [];
  return [...own, ...(schema._zod.def.checks ?? []).map((one) => one._zod.def as CheckDef)];
}

/** What is asked of the definition of a check. */
export interface CheckDef {
  readonly check: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly value?: unknown;
  readonly inclusive?: boolean;
  readonly format?: string;
  readonly pattern?: RegExp;
}

type Test = (value: never) => boolean;

// Formats that zod tests with their pattern and with nothing else.
const PATTERN_FORMATS = new Set(
  'email uuid guid nanoid cuid cuid2 ulid xid ksuid datetime date time duration e164'.split(' '),
);
const SURROGATE = /[\ud800-\udfff]/;

function runOf(schema: Schema): (value: unknown) => unknown {
  return (value) => {
    const result = schema._zod.run({ value, issues: [] }, { async: false });
    if (result instanceof Promise) throw new $ZodAsyncError();
    return result.issues.length === 0 ? result.value : REFUSED;
  };
}

function every(tests: readonly Test[]): (value: unknown) => boolean {
  return (value) => tests.every((test) => test(value as never));
}

/** Lengths of texts are counted in characters, of which one may be two units. */
function stringTest(def: CheckDef): Test | undefined {
  const { minimum = 0, maximum = 0, length = 0, pattern, format = '' } = def;
  switch (def.check) {
    case 'min_length':
      return (value: string) => value.length >= minimum * 2 || isOfUnits(value, minimum);
    case 'max_length':
      return (value: string) => value.length <= maximum;
    case 'length_equals':
      return (value: string) => value.length === length && !SURROGATE.test(value);
    case 'string_format':
      return pattern && !pattern.global && !pattern.sticky && PATTERN_FORMATS.has(format)
        ? (value: string) => pattern.test(value)
        : undefined;
    default:
      return undefined;
  }
}

function isOfUnits(value: string, minimum: number): boolean {
  return value.length >= minimum && value.charCodeAt(0) < 0xd800 && minimum === 1;
}

function numberTest(def: CheckDef): Test | undefined {
  const { check, value: bound, inclusive, format } = def;
  if (check === 'number_format') {
    return format === 'safeint' ? (Number.isSafeInteger as Test) : undefined;
  }
  if (typeof bound !== 'number' || (check !== 'greater_than' && check !== 'less_than')) {
    return undefined;
  }
  if (check === 'greater_than') {
    return inclusive ? (value: number) => value >= bound : (value: number) => value > bound;
  }
  return inclusive ? (value: number) => value <= bound : (value: number) => value < bound;
}
