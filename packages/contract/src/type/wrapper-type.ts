import { hasTrait, lazyTarget } from '../schema/schema.js';
import { asReadonly, UNDEFINED, unionOf, withoutUndefined } from './type-algebra.js';
import type { TypeRules } from './type-scope.js';

type WrapperKind =
  | 'optional'
  | 'nullable'
  | 'default'
  | 'prefault'
  | 'nonoptional'
  | 'readonly'
  | 'catch'
  | 'success'
  | 'pipe'
  | 'lazy'
  | 'union'
  | 'intersection';

/** Rules for schemas that put something around others, or combine them. */
export const WRAPPER_RULES: TypeRules<WrapperKind> = {
  optional: (def, scope, schema) => {
    const inner = scope.visit(def.innerType);
    return hasTrait(schema, '$ZodExactOptional') ? inner : unionOf([inner, UNDEFINED]);
  },
  nullable: (def, scope) => unionOf([scope.visit(def.innerType), { kind: 'null' }]),
  default: (def, scope) => {
    const inner = scope.visit(def.innerType);
    return scope.side === 'input'
      ? unionOf([inner, UNDEFINED])
      : withoutUndefined(inner, scope.resolve);
  },
  prefault: (def, scope) => {
    const inner = scope.visit(def.innerType);
    return scope.side === 'input' ? unionOf([inner, UNDEFINED]) : inner;
  },
  nonoptional: (def, scope) => withoutUndefined(scope.visit(def.innerType), scope.resolve),
  readonly: (def, scope) => asReadonly(scope.visit(def.innerType), scope.resolve),
  catch: (def, scope) => scope.visit(def.innerType),
  success: (def, scope) =>
    scope.side === 'input' ? scope.visit(def.innerType) : { kind: 'boolean' },
  pipe: (def, scope) => scope.visit(scope.side === 'input' ? def.in : def.out),
  lazy: (_def, scope, schema) => scope.visit(lazyTarget(schema)),
  union: (def, scope) => unionOf(def.options.map((option) => scope.visit(option))),
  intersection: (def, scope) => ({
    kind: 'intersection',
    of: [scope.visit(def.left), scope.visit(def.right)],
  }),
};
