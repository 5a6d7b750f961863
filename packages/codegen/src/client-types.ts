import type { ContractDescription, TypeNode } from '@trunkline/contract';
import { GenerateError } from './generate-error.js';
import { memberParts, partTypeName, type MemberPart } from './member-part.js';
import { docComment, typeText, type DocWords } from './type-text.js';

/** The types that a client file declares. */
export interface ClientTypes {
  readonly names: ReadonlySet<string>;
  /** The declarations, types of `.meta({ id })` first. */
  readonly text: string;
}

interface Declaration extends DocWords {
  readonly type: TypeNode;
}

/**
 * Declares the types of a contract as its clients see them. Types with names of their own come
 * first, sorted, then one for each part of a member. Throws a `GenerateError` where two would have
 * one name.
 */
export function clientTypes(
  description: ContractDescription,
  reserved: readonly string[],
): ClientTypes {
  const declarations = new Map<string, Declaration>(Object.entries(description.types));
  const problems: string[] = [];
  for (const name of reserved.filter((one) => declarations.has(one))) {
    problems.push(`${description.name}: the client itself is called "${name}"; ${mendOf(name)}`);
  }
  for (const member of [...description.members, ...(description.client ?? [])]) {
    for (const one of memberParts(member)) {
      const name = partTypeName(member.name, one.part);
      if (isItself(name, one)) continue;
      if (declarations.has(name)) {
        const path = `${description.name}.${member.name}.${one.part}`;
        problems.push(
          `${path}: its type would be called "${name}" as another one is; ${mendOf(name)}`,
        );
      }
      declarations.set(name, { type: one.type });
    }
  }
  if (problems.length > 0) throw new GenerateError('contract', problems);
  const texts = [...declarations].map(([name, one]) => declarationText(name, one));
  return { names: new Set(declarations.keys()), text: texts.join('\n') };
}

/** A schema may be given the very name that its part has anyway. */
function isItself(name: string, { type }: MemberPart): boolean {
  return type.kind === 'ref' && type.name === name;
}

function mendOf(name: string): string {
  return `give the schema that is called "${name}" by .meta({ id }) another id`;
}

function declarationText(name: string, { type, ...doc }: Declaration): string {
  const isInterface = type.kind === 'object' && type.properties.length > 0 && !type.rest;
  const text = isInterface
    ? `interface ${name} ${typeText(type)}`
    : `type ${name} = ${typeText(type)};`;
  return `${docComment(doc)}export ${text}\n`;
}
