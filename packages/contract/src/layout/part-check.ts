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

/** Adds a default to the check of what it stands for, if there is one. */
export function fillingCheck(
  check: PartCheck | undefined,
  def: Extract<SchemaDef, { type: 'default' }>,
): PartCheck {
  const own = check ?? { isWhole: false, accept: (value: unknown) => value };
  return { ...own, fill: () => def.defaultValue };
}

/** Holds an array to its exact length, or to the bounds of its schema. */
export function lengthCheck(min: number, max: number): PartCheck {
  const allows = ({ length }: readonly unknown[]) => length >= min && length <= max;
  return {
    isWhole: false,
    accept: (value) => (allows(value as readonly unknown[]) ? value : REFUSED),
    allows,
    min,
    max,
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
  const test = isNumber ? numberTest(checks) : def.type === 'string' && textTest(checks);
  if (!test) return { isWhole: true, accept: run };
  const { allows, min, max } = test;
  return {
    isWhole: false,
    accept: (value) => (allows(value as never) ? value : run(value)),
    allows,
    min,
    max,
  };
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

type Test = Required<Pick<PartCheck, 'allows' | 'min' | 'max'>>;

/** No value is surely allowed by its size. */
const NONE = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };

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

/**
 * Tests texts by what they surely have. zod counts their lengths in characters, of which one may
 * be two units.
 */
function textTest(checks: readonly CheckDef[]): Test | undefined {
  let min = 0;
  let max = Number.POSITIVE_INFINITY;
  const patterns: RegExp[] = [];
  for (const { check, minimum, maximum, length = 0, pattern, format = '' } of checks) {
    if (check === 'min_length') min = Math.max(min, minimum ?? 0);
    else if (check === 'max_length') max = Math.min(max, maximum ?? 0);
    else if (check === 'length_equals') [min, max] = [Math.max(min, length), Math.min(max, length)];
    else if (check !== 'string_format' || !isWholeFormat(format, pattern)) return undefined;
    else patterns.push(pattern);
  }
  // Any text of one unit has one character.
  const units = min <= 1 ? min : min * 2;
  const isLong = (value: string) =>
    value.length >= units || (value.length >= min && !SURROGATE.test(value));
  const [pattern] = patterns;
  if (pattern === undefined) {
    return { allows: (value: string) => value.length <= max && isLong(value), min: units, max };
  }
  if (patterns.length === 1 && min === 0 && max === Number.POSITIVE_INFINITY) {
    return { allows: (value: string) => pattern.test(value), ...NONE };
  }
  return {
    allows: (value: string) =>
      value.length <= max && isLong(value) && patterns.every((one) => one.test(value)),
    ...NONE,
  };
}

function isWholeFormat(format: string, pattern: RegExp | undefined): pattern is RegExp {
  return pattern !== undefined && !pattern.global && !pattern.sticky && PATTERN_FORMATS.has(format);
}

function numberTest(checks: readonly CheckDef[]): Test | undefined {
  let [min, max] = [-Number.MAX_VALUE, Number.MAX_VALUE];
  let [hasMin, hasMax, isWhole] = [true, true, false];
  for (const { check, value: bound, inclusive = false, format } of checks) {
    if (check === 'number_format' && format === 'safeint') isWhole = true;
    else if (typeof bound !== 'number' || Number.isNaN(bound)) return undefined;
    else if (check === 'greater_than') {
      if (bound >= min) [min, hasMin] = [bound, inclusive && (hasMin || bound > min)];
    } else if (check === 'less_than') {
      if (bound <= max) [max, hasMax] = [bound, inclusive && (hasMax || bound < max)];
    } else return undefined;
  }
  const isWithin = (value: number) =>
    (value > min || (value === min && hasMin)) && (value < max || (value === max && hasMax));
  const range = { min: inclusive(min, hasMin, 1), max: inclusive(max, hasMax, -1) };
  // What is whole is in the layout already, and so is not asked of a range.
  if (isWhole) {
    return {
      allows: (value: number) => isWithin(value) && Number.isSafeInteger(value),
      ...range,
    };
  }
  return hasMin && hasMax ? { allows: isWithin, min, max } : { allows: isWithin, ...NONE };
}

/** Gives the next whole number where a bound itself is not allowed. */
function inclusive(bound: number, hasBound: boolean, step: number): number {
  return hasBound ? bound : Math.floor(bound) === bound ? bound + step : bound;
}
