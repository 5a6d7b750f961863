import type { ContractDescription, MemberDescription } from './contract-description.js';
import type { ContractProblem } from './contract-error.js';
import type { AnyDefinition, MemberDefinition, MemberDoc } from './definition.js';
import { optionFaults } from './member-options.js';
import { readMember } from './member-reader.js';
import { contractNameFault, memberNameFault, quote } from './name-rules.js';
import { revisionOf } from './revision.js';
import { snapshotFaults } from './snapshot-rules.js';
import { TypeReader } from './type/type-reader.js';

/** What a contract is built from. */
export interface ContractParts {
  readonly name: string;
  readonly members: Readonly<Record<string, AnyDefinition>>;
  readonly options: MemberDoc;
}

/** A contract as plain data, to be used only where there are no problems. */
export interface ContractReading {
  readonly description: Omit<ContractDescription, 'layouts'>;
  readonly problems: readonly ContractProblem[];
}

/** Reads a contract to plain data and lists all that is wrong with it. */
export function readContract({ name, members, options }: ContractParts): ContractReading {
  const path = typeof name === 'string' ? name : 'contract';
  const reader = new TypeReader();
  for (const message of [contractNameFault(name), ...optionFaults('contract', options)]) {
    if (message !== undefined) reader.problems.push({ path, message });
  }
  const seen = {
    name,
    ...options,
    members: readMembers(path, members, reader),
    types: Object.fromEntries([...reader.types].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  for (const { topic, message } of snapshotFaults(seen.members, reader.types)) {
    reader.problems.push({ path: `${path}.${topic}`, message });
  }
  return { description: { ...seen, revision: revisionOf(seen) }, problems: reader.problems };
}

function readMembers(
  path: string,
  members: Readonly<Record<string, unknown>>,
  reader: TypeReader,
): MemberDescription[] {
  const described = new Map<string, MemberDescription>();
  // Read by name, so that moving a member does not rename the types of recursive schemas.
  for (const name of Object.keys(members).sort()) {
    const member = members[name];
    const place = { name, path: `${path}.${name}`, reader };
    const fault = memberFault(path, name, member);
    if (fault !== undefined) reader.problems.push({ path: place.path, message: fault });
    if (isDefinition(member)) described.set(name, readMember(member, place));
  }
  return Object.keys(members).flatMap((name) => described.get(name) ?? []);
}

function memberFault(contractName: string, name: string, member: unknown): string | undefined {
  if (isDefinition(member)) return memberNameFault(contractName, name);
  return name === 'client'
    ? 'calls from the server ("client") are not available in this version; leave them out'
    : `expected call({ … }), stream({ … }) or topic({ … }), got ${quote(member)}`;
}

function isDefinition(member: unknown): member is MemberDefinition {
  return (
    typeof member === 'object' &&
    member !== null &&
    '~definition' in member &&
    member['~definition'] === true
  );
}
