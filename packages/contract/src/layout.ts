import type { Layout, LayoutDocument, PartChecks } from '@trunkline/protocol';
import { LayoutReader } from './layout/layout-reader.js';
import { wholeCheck } from './layout/part-check.js';
import type { Schema, Side } from './schema/schema.js';

/** The layout of one side of a schema, and the checks of zod that go with its parts. */
export interface SchemaLayout {
  /** Plain data: kinds, names, order, optionality and members; no bounds, formats or defaults. */
  readonly layout: LayoutDocument;
  /** What a reader of the input side runs on the parts, and a writer of the output side. */
  readonly checks: PartChecks;
}

/**
 * Reads the packed layout of what is given to a schema, or of what it gives. A schema that cannot
 * be followed, such as one that does not end, is one self-describing value.
 */
export function layoutOf(schema: Schema, side: Side): SchemaLayout {
  try {
    const reader = new LayoutReader(side);
    const root = reader.visit(schema);
    return { layout: { root, types: reader.types }, checks: reader.checks };
  } catch {
    const root: Layout = { kind: 'any' };
    return { layout: { root, types: [] }, checks: new Map([[root, wholeCheck(schema)]]) };
  }
}
