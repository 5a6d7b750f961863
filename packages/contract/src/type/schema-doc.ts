import { globalRegistry } from 'zod/v4/core';
import { defOf, lazyTarget, type Schema, type Side } from '../schema/schema.js';
import type { Doc } from './type-node.js';

/** Gives the name that `.meta({ id })` gave to a schema. */
export function idOf(schema: Schema): string | undefined {
  const id = globalRegistry.get(schema)?.id;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/**
 * Gives what `.describe()` and `.meta()` say of a schema. Where a wrapper says nothing, what it
 * wraps is asked.
 */
export function docOf(schema: Schema, side: Side): Doc {
  const seen = new Set<Schema>();
  for (
    let one: Schema | undefined = schema;
    one !== undefined && !seen.has(one);
    one = wrappedBy(one, side)
  ) {
    seen.add(one);
    const doc = ownDoc(one);
    if (Object.keys(doc).length > 0) return doc;
  }
  return {};
}

function ownDoc(schema: Schema): Doc {
  const { description, deprecated }: Record<string, unknown> = globalRegistry.get(schema) ?? {};
  return {
    ...(typeof description === 'string' && description !== '' && { description }),
    ...(deprecated === true && { deprecated }),
    ...(typeof deprecated === 'string' && deprecated !== '' && { deprecated }),
  };
}

function wrappedBy(schema: Schema, side: Side): Schema | undefined {
  const def = defOf(schema);
  if (def.type === 'pipe') return side === 'input' ? def.in : def.out;
  if (def.type === 'lazy') return lazyTarget(schema);
  return 'innerType' in def ? def.innerType : undefined;
}
