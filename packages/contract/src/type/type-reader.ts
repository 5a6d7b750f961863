import type { ContractProblem } from '../contract-error.js';
import { CONTAINER_RULES } from './container-type.js';
import { LEAF_RULES } from './leaf-type.js';
import { docOf } from './schema-doc.js';
import { hasAsyncCode } from '../schema/schema-walk.js';
import { defOf, isSchema, type Schema, type SchemaDef, type Side } from '../schema/schema.js';
import { alternativesOf, UNKNOWN } from './type-algebra.js';
import { TypeNames } from './type-names.js';
import type { NamedType, TypeNode } from './type-node.js';
import type { TypeScope } from './type-scope.js';
import { WRAPPER_RULES } from './wrapper-type.js';

const RULES = { ...LEAF_RULES, ...CONTAINER_RULES, ...WRAPPER_RULES };

// Both stop a getter that builds a new schema each time. What may be carried is 64 deep at most.
const DEPTH_MAX = 300;
const VISITS_MAX = 20_000;
const ENDLESS =
  'the schema does not end or is too large; keep what repeats in one constant ' +
  'and give it a name with .meta({ id })';

/** A schema that is being read: where it was met, and its name once it needs one. */
interface OpenSchema {
  readonly path: string;
  name: string | undefined;
}

interface Walk {
  readonly root: string;
  readonly side: Side;
  readonly path: string;
  readonly depth: number;
  readonly open: Map<Schema, OpenSchema>;
}

interface NamedAt {
  readonly name: string;
  readonly wanted: string | undefined;
}

/**
 * Reads zod schemas to types as plain data. It notes what nothing can carry and what only the
 * compiler knows. One reader serves one contract, since its positions share types with names.
 */
export class TypeReader {
  readonly types = new Map<string, NamedType>();
  readonly problems: ContractProblem[] = [];
  readonly #names = new TypeNames();
  #visits = 0;

  /** Reads one side of a schema. Problems are noted under `path`; a type comes in any case. */
  read(schema: Schema, side: Side, path: string): TypeNode {
    this.#visits = 0;
    try {
      if (hasAsyncCode(schema)) {
        this.#note(path, 'an async refinement or transform is not run; do it in the handler');
      }
      const type = this.#visit(schema, { root: path, side, path, depth: 0, open: new Map() });
      if (type.kind === 'never') this.#note(path, 'z.never() can never be given; leave it out');
      return type;
    } catch (error) {
      // A getter of a recursive schema ran before what it refers to was there.
      const reason = error instanceof Error ? error.message : String(error);
      const mend = 'define what it refers to before the contract';
      return this.#note(path, `the schema cannot be read ("${reason}"); ${mend}`);
    }
  }

  #visit(schema: Schema, walk: Walk): TypeNode {
    const met = walk.open.get(schema);
    const known = met
      ? (met.name ??= this.#names.invent(met.path))
      : this.#names.find(schema, walk.side);
    if (known !== undefined) return { kind: 'ref', name: known };
    if (walk.depth > DEPTH_MAX || ++this.#visits > VISITS_MAX) {
      return this.#note(walk.root, ENDLESS);
    }
    if (!isSchema(schema)) return this.#note(walk.path, 'this is not a schema of zod 4');

    const claim = this.#names.claim(schema, walk.side);
    const entry: OpenSchema = { path: walk.path, name: claim?.name };
    walk.open.set(schema, entry);
    const type = this.#readBody(schema, walk);
    walk.open.delete(schema);
    return entry.name === undefined
      ? type
      : this.#define(schema, type, { ...walk, wanted: claim?.wanted, name: entry.name });
  }

  #readBody(schema: Schema, walk: Walk): TypeNode {
    const def = defOf(schema);
    const rule = RULES[def.type] as
      | ((def: SchemaDef, scope: TypeScope, schema: Schema) => TypeNode)
      | undefined;
    return rule
      ? rule(def, this.#scopeAt(walk), schema)
      : this.#note(walk.path, `a schema of kind "${def.type}" is not known here`);
  }

  #scopeAt(walk: Walk): TypeScope {
    const { path, depth } = walk;
    return {
      side: walk.side,
      visit: (schema, suffix = '', side = walk.side) =>
        this.#visit(schema, { ...walk, side, path: path + suffix, depth: depth + 1 }),
      refuse: (message, suffix = '') => this.#note(path + suffix, message),
      resolve: (name) => this.types.get(name)?.type,
    };
  }

  #define(schema: Schema, type: TypeNode, at: Walk & NamedAt): TypeNode {
    const { name, wanted = name, side, path, root } = at;
    if (alternativesOf(type).some((one) => one.kind === 'ref' && one.name === name)) {
      return this.#note(root, ENDLESS);
    }
    if (wanted === name) {
      this.types.set(name, { type, ...docOf(schema, side) });
    } else if (JSON.stringify(this.types.get(wanted)?.type) !== JSON.stringify(type)) {
      // The same thing written twice may share a name, and nothing else.
      const mend = 'give each its own .meta({ id })';
      this.#note(path, `two different schemas have the name "${wanted}"; ${mend}`);
    }
    this.#names.keep(schema, side, wanted);
    return { kind: 'ref', name: wanted };
  }

  #note(path: string, message: string): TypeNode {
    const isNoted = this.problems.some((one) => one.path === path && one.message === message);
    if (!isNoted) this.problems.push({ path, message });
    return UNKNOWN;
  }
}
