import type { Schema, SchemaDef, Side } from '../schema/schema.js';
import type { ResolveName } from './type-algebra.js';
import type { TypeNode } from './type-node.js';

/** What the reader of one kind of schema is given: where it stands and how to go on. */
export interface TypeScope {
  readonly side: Side;
  /** Reads a schema inside this one; `suffix` is what its place adds to the path. */
  visit(schema: Schema, suffix?: string, side?: Side): TypeNode;
  /** Notes a problem at this place, or at what `suffix` adds to it; reading goes on. */
  refuse(message: string, suffix?: string): TypeNode;
  readonly resolve: ResolveName;
}

/** Reads one kind of schema to its type on the side of the scope. */
export type TypeRule<Kind extends SchemaDef['type']> = (
  def: Extract<SchemaDef, { type: Kind }>,
  scope: TypeScope,
  schema: Schema,
) => TypeNode;

/** Rules by the kinds that they read. */
export type TypeRules<Kind extends SchemaDef['type']> = { readonly [K in Kind]: TypeRule<K> };
