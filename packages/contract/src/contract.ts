import type { ContractShape } from '@trunkline/protocol';
import type { ContractDescription } from './contract-description.js';
import { ContractError } from './contract-error.js';
import { readContract } from './contract-reader.js';
import type { AnyDefinition, MemberDefinition, MemberDoc } from './definition.js';
import { layoutsOf } from './member-layouts.js';

/** What a contract says of itself to readers. */
export type ContractOptions = MemberDoc;

/** A named set of calls, streams and topics with their schemas. */
export interface Contract<
  Members extends Record<string, AnyDefinition> = Record<string, MemberDefinition>,
>
  extends ContractShape<Members>, MemberDoc {}

/**
 * Builds a contract of calls, streams and topics. Schemas are read here, so whatever recursive
 * ones refer to must be defined before. Throws a `ContractError` that lists all problems at once.
 */
export function contract<Members extends Record<string, AnyDefinition>>(
  name: string,
  members: Members,
  options: ContractOptions = {},
): Contract<Members> {
  const { description, problems } = readContract({ name, members, options });
  if (problems.length > 0) throw new ContractError(String(name), problems);
  const { revision } = description;
  return Object.freeze({ ...options, name, revision, members: Object.freeze({ ...members }) });
}

/** Describes a contract as plain data: all that generated code and documents are made of. */
export function describe(contract: Contract): ContractDescription {
  const { name, members, description, deprecated, since } = contract;
  const options = {
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && { deprecated }),
    ...(since !== undefined && { since }),
  };
  const layouts = Object.entries(members).map(([member, one]) => [member, layoutsOf(one)]);
  const read = readContract({ name, members, options }).description;
  return { ...read, layouts: Object.fromEntries(layouts) as ContractDescription['layouts'] };
}
