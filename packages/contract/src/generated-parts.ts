import type { LayoutDocument, ReadPart, WritePart } from '@trunkline/protocol';
import { layoutHash } from './layout-hash.js';

/** The generated code of one position on the side of the server. */
export interface GeneratedPart {
  /** What the code was made for; it is used only where the schema still is the same. */
  readonly key: string;
  readonly write?: WritePart;
  readonly read?: ReadPart;
}

/** The generated code of a member on the side of the server. */
export interface GeneratedMember {
  readonly input?: GeneratedPart;
  readonly up?: GeneratedPart;
  readonly down?: GeneratedPart;
  readonly output?: GeneratedPart;
  /** Of the data of declared errors, by code. */
  readonly errors?: Readonly<Record<string, GeneratedPart>>;
  readonly message?: GeneratedPart;
  readonly publish?: GeneratedPart;
}

const MEMBERS = new WeakMap<object, GeneratedMember>();
const NONE: GeneratedMember = {};

/**
 * Takes the generated codecs of a contract, by member and by what the client answers. Code that was made for other schemas is
 * not used: then codecs are made at boot, as without it.
 */
export function useCodecs(
  contract: {
    readonly members: Readonly<Record<string, object>>;
    readonly client?: Readonly<Record<string, object>>;
  },
  codecs: Readonly<Record<string, GeneratedMember>>,
): void {
  // No name stands in both.
  const all = { ...contract.members, ...contract.client };
  for (const [name, member] of Object.entries(all)) {
    const generated = Object.hasOwn(codecs, name) ? codecs[name] : undefined;
    if (generated !== undefined) MEMBERS.set(member, generated);
  }
}

/** Gives the generated code of a member. */
export function generatedOf(definition: object): GeneratedMember {
  return MEMBERS.get(definition) ?? NONE;
}

/** Says what code was made for: a layout, and which of its parts have a check. */
export function partKey(layout: LayoutDocument, pattern: string): string {
  return `${layoutHash([layout])} ${pattern}`;
}
