import { idOf } from './schema-doc.js';
import { isSymmetric } from '../schema/schema-walk.js';
import type { Schema, Side } from '../schema/schema.js';

// What the text of a type may name besides; a type of the contract must not hide it.
const BUILT_IN_NAMES = new Set(
  `Date Map Set Array ReadonlyMap ReadonlySet ReadonlyArray Uint8Array ArrayBuffer Record Partial
  Readonly Promise AsyncIterable Object String Number Boolean BigInt Symbol Function`.split(/\s+/),
);

/** The name that a schema asks for, and the free one that it got. They differ in a conflict. */
export interface NameClaim {
  readonly wanted: string;
  readonly name: string;
}

/**
 * The names of a contract's types. A schema with the same two sides has one name for both; else
 * its input side has a name of its own, so that no name means two types.
 */
export class TypeNames {
  readonly #taken = new Map<string, Schema | undefined>();
  readonly #kept = { input: new Map<Schema, string>(), output: new Map<Schema, string>() };

  /** Gives the name of a schema that was read before. */
  find(schema: Schema, side: Side): string | undefined {
    if (!this.#kept.input.has(schema) && !this.#kept.output.has(schema)) return undefined;
    return this.#kept[nameSide(schema, side)].get(schema);
  }

  /** Claims the name that `.meta({ id })` asks for; nothing where there is no id. */
  claim(schema: Schema, side: Side): NameClaim | undefined {
    const id = idOf(schema);
    if (id === undefined) return undefined;
    const wanted = typeName(id) + (nameSide(schema, side) === 'input' ? 'Input' : '');
    const owner = this.#taken.get(wanted);
    const name = owner === schema ? wanted : this.#take(wanted, schema);
    return { wanted, name };
  }

  /** Makes a name for a recursive schema without one, from the path where it was met. */
  invent(path: string): string {
    return this.#take(`${typeName(path.slice(path.indexOf('.') + 1))}Node`, undefined);
  }

  /** Keeps the name of a schema that was read. */
  keep(schema: Schema, side: Side, name: string): void {
    this.#kept[nameSide(schema, side)].set(schema, name);
  }

  #take(wanted: string, owner: Schema | undefined): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}${count}`;
    this.#taken.set(name, owner);
    return name;
  }
}

function nameSide(schema: Schema, side: Side): Side {
  return isSymmetric(schema) ? 'output' : side;
}

function typeName(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
  if (BUILT_IN_NAMES.has(name)) return `${name}Type`;
  return /^[A-Z]/.test(name) ? name : `Type${name}`;
}
