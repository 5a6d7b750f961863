/** What a reader may be told about a named thing of a contract. */
export interface Doc {
  readonly description?: string;
  /** `true`, or what to use instead. */
  readonly deprecated?: string | true;
}

/** One property of an object type. */
export interface PropertyNode extends Doc {
  readonly name: string;
  /** Whether the key may be missing. A present `undefined` stands in `type`. */
  readonly optional?: true;
  readonly type: TypeNode;
}

/** One item of a tuple type. */
export interface TupleItem {
  /** Whether the tuple may end before this item. */
  readonly optional?: true;
  readonly type: TypeNode;
}

/** An object type. Keys that are not named are refused if `strict`, and described by `rest`. */
export interface ObjectNode {
  readonly kind: 'object';
  readonly properties: readonly PropertyNode[];
  readonly rest?: TypeNode;
  readonly strict?: true;
  readonly readonly?: true;
}

/** A tuple type. */
export interface TupleNode {
  readonly kind: 'tuple';
  readonly items: readonly TupleItem[];
  readonly rest?: TypeNode;
  readonly readonly?: true;
}

/**
 * A type as plain data: what may be carried, and nothing that exists only in a compiler.
 * `ref` names an entry of the description's `types`; `format` is for readers and never part of
 * the type; a bigint literal stands as its decimal digits.
 */
export type TypeNode =
  | { readonly kind: 'string' | 'number' | 'bigint'; readonly format?: string }
  | { readonly kind: 'boolean' | 'date' | 'bytes' | 'null' | 'undefined' | 'unknown' | 'never' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'bigintLiteral'; readonly digits: string }
  | { readonly kind: 'template'; readonly parts: readonly (string | TypeNode)[] }
  | ObjectNode
  | { readonly kind: 'array' | 'set'; readonly items: TypeNode; readonly readonly?: true }
  | TupleNode
  | {
      readonly kind: 'record';
      readonly key: TypeNode;
      readonly value: TypeNode;
      readonly partial?: true;
    }
  | {
      readonly kind: 'map';
      readonly key: TypeNode;
      readonly value: TypeNode;
      readonly readonly?: true;
    }
  | { readonly kind: 'union'; readonly of: readonly TypeNode[] }
  | { readonly kind: 'intersection'; readonly of: readonly TypeNode[] }
  | { readonly kind: 'readonly'; readonly of: TypeNode }
  | { readonly kind: 'ref'; readonly name: string };

/** A type that has a name, given by `.meta({ id })` or made for a recursive schema. */
export interface NamedType extends Doc {
  readonly type: TypeNode;
}
