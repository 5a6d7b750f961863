import { defOf, hasTrait, lazyTarget, type Schema, type Side } from './schema.js';

/**
 * Tells whether a key with this schema may be missing, as the types of zod say it. What zod does
 * at run time is laxer in places (`catch`, `preprocess`), and a peer is told the types.
 */
export function canBeAbsent(schema: Schema, side: Side): boolean {
  return isAbsent(schema, side, new Set());
}

function isAbsent(schema: Schema, side: Side, seen: Set<Schema>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const ask = (inner: Schema) => isAbsent(inner, side, seen);
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
      return true;
    case 'default':
    case 'prefault':
      return side === 'input';
    case 'nullable':
    case 'catch':
    case 'readonly':
      return ask(def.innerType);
    case 'success':
      return side === 'input' && ask(def.innerType);
    case 'lazy':
      return ask(lazyTarget(schema));
    case 'union':
      return def.options.some(ask);
    case 'intersection':
      return ask(def.left) && ask(def.right);
    case 'pipe':
      return ask(side === 'output' || isPreprocess(schema) ? def.out : def.in);
    default:
      return false;
  }
}

function isPreprocess(schema: Schema): boolean {
  return hasTrait(schema, '$ZodPreprocess');
}
