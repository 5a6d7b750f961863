import type * as core from 'zod/v4/core';
import { classOf } from '../schema/instance.js';
import { isSchema, type Schema, type SchemaDef } from '../schema/schema.js';
import { UNDEFINED, UNKNOWN, unionOf } from './type-algebra.js';
import type { TypeNode } from './type-node.js';
import type { TypeRules, TypeScope } from './type-scope.js';

type ScalarKind = 'string' | 'number' | 'bigint';
type LeafKind =
  | ScalarKind
  | 'boolean'
  | 'date'
  | 'null'
  | 'undefined'
  | 'nan'
  | 'any'
  | 'unknown'
  | 'never'
  | 'enum'
  | 'literal'
  | 'template_literal'
  | 'custom'
  | 'transform'
  | 'void'
  | 'symbol'
  | 'file'
  | 'function'
  | 'promise';

/** Rules for schemas without schemas inside, and for those that nothing can carry. */
export const LEAF_RULES: TypeRules<LeafKind> = {
  string: scalar('string'),
  number: scalar('number'),
  bigint: scalar('bigint'),
  boolean: (def, scope) => coercible(def, scope, { kind: 'boolean' }),
  date: (def, scope) => coercible(def, scope, { kind: 'date' }),
  null: () => ({ kind: 'null' }),
  undefined: () => UNDEFINED,
  nan: () => ({ kind: 'number', format: 'nan' }),
  any: () => UNKNOWN,
  unknown: () => UNKNOWN,
  never: () => ({ kind: 'never' }),
  enum: (_def, _scope, schema) => unionOf([...(schema._zod.values ?? [])].map(literalType)),
  literal: (def) => unionOf(def.values.map(literalType)),
  template_literal: (def, scope) => templateType(def, scope),
  custom: (_def, scope, schema) => customType(schema, scope),
  transform: (_def, scope) =>
    scope.side === 'input'
      ? UNKNOWN
      : scope.refuse(
          'what a .transform() gives is known to the compiler only; ' +
            'add .pipe(schema) behind it, or use z.codec()',
        ),
  void: (_def, scope) =>
    scope.refuse('z.void() stands for nothing; leave it out, or use z.undefined() inside a value'),
  symbol: (_def, scope) => scope.refuse('a symbol cannot be carried; use z.enum() or z.literal()'),
  file: (_def, scope) => scope.refuse('a file cannot be carried; use z.instanceof(Uint8Array)'),
  function: (_def, scope) => scope.refuse('a function cannot be carried; make it a call or stream'),
  promise: (_def, scope) => scope.refuse('a promise cannot be carried; use what it resolves to'),
};

function scalar(kind: ScalarKind) {
  return (def: Extract<SchemaDef, { type: ScalarKind }>, scope: TypeScope): TypeNode => {
    const format = formatOf(def);
    return coercible(def, scope, format === undefined ? { kind } : { kind, format });
  };
}

/** What is coerced may be given as anything. */
function coercible(def: { coerce?: boolean }, scope: TypeScope, node: TypeNode): TypeNode {
  return def.coerce && scope.side === 'input' ? UNKNOWN : node;
}

const FORMAT_CHECKS = new Set(['string_format', 'number_format', 'bigint_format']);
const PATTERN_FORMATS = new Set(
  ['regex', 'starts_with', 'ends_with', 'includes', 'lowercase', 'uppercase'], // bounds, not formats
);

/** Gives the format of a string or number, wherever it was set: `z.email()`, `.int()`. */
export function formatOf(def: SchemaDef): string | undefined {
  const parts: readonly object[] = [def, ...(def.checks ?? []).map((check) => check._zod.def)];
  for (const part of parts) {
    if (!('check' in part) || !('format' in part)) continue;
    if (typeof part.format !== 'string' || !FORMAT_CHECKS.has(String(part.check))) continue;
    if (!PATTERN_FORMATS.has(part.format)) return part.format;
  }
  return undefined;
}

function literalType(value: core.util.Primitive): TypeNode {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return { kind: 'literal', value };
    case 'number':
      return Number.isFinite(value) ? { kind: 'literal', value: value + 0 } : { kind: 'number' };
    case 'bigint':
      return { kind: 'bigintLiteral', digits: String(value) };
    default:
      return value === null ? { kind: 'null' } : UNDEFINED;
  }
}

function templateType(
  def: Extract<SchemaDef, { type: 'template_literal' }>,
  scope: TypeScope,
): TypeNode {
  const parts = def.parts.map((part) => {
    if (!isSchema(part)) return part === undefined ? '' : String(part);
    const node = scope.visit(part, '', 'output');
    const emptied = (one: TypeNode): TypeNode =>
      one.kind === 'undefined' ? { kind: 'literal', value: '' } : one;
    return node.kind === 'union' ? unionOf(node.of.map(emptied)) : emptied(node);
  });
  return { kind: 'template', parts };
}

function customType(schema: Schema, scope: TypeScope): TypeNode {
  const built = classOf(schema);
  if (built === Uint8Array) return { kind: 'bytes' };
  if (typeof built === 'function') {
    return scope.refuse(
      `an instance of "${built.name}" cannot be carried; ` +
        'allowed is z.instanceof(Uint8Array), and z.codec() turns others into plain values',
    );
  }
  return scope.refuse(
    'what z.custom() allows is known to the compiler only; use a schema of zod, with .refine()',
  );
}
