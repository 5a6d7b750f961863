import type {
  CallDescription,
  ContractDescription,
  MemberDescription,
} from './contract-description.js';
import type { ContractProblem } from './contract-error.js';
import type { ContractDefinitions, MemberDefinition, MemberDoc } from './definition.js';
import { optionFaults } from './member-options.js';
import { readClientCall, readMember } from './member-reader.js';
import { contractNameFault, memberNameFault, quote } from './name-rules.js';
import { revisionOf } from './revision.js';
import { snapshotFaults } from './snapshot-rules.js';
import { TypeReader } from './type/type-reader.js';

/** What a contract is built from. */
export interface ContractParts {
  readonly name: string;
  readonly members: Readonly<Record<string, unknown>>;
  /** What the client answers. */
  readonly client: Readonly<Record<string, unknown>>;
  readonly options: MemberDoc;
}

/** A contract as plain data, to be used only where there are no problems. */
export interface ContractReading {
  readonly description: Omit<ContractDescription, 'layouts'>;
  readonly problems: readonly ContractProblem[];
}

/** Tells what a contract is defined by apart: members, and what stands under `client`. */
export function splitDefinitions(
  definitions: ContractDefinitions,
): Pick<ContractParts, 'members' | 'client'> {
  const { client, ...members } = definitions;
  // A member may have this name as well.
  return isGroup(client) ? { members, client } : { members: definitions, client: {} };
}

/** Reads a contract to plain data and lists all that is wrong with it. */
export function readContract({ name, members, client, options }: ContractParts): ContractReading {
  const path = typeof name === 'string' ? name : 'contract';
  const reader = new TypeReader();
  for (const message of [contractNameFault(name), ...optionFaults('contract', options)]) {
    if (message !== undefined) reader.problems.push({ path, message });
  }
  const seen = {
    name,
    ...options,
    members: readMembers(path, members, reader),
    ...(Object.keys(client).length > 0 && {
      client: readClient({ path, members, client }, reader),
    }),
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
  return `expected call({ … }), stream({ … }) or topic({ … }), got ${quote(member)}`;
}

interface ClientPlace extends Pick<ContractParts, 'members' | 'client'> {
  readonly path: string;
}

function readClient(
  { path, members, client }: ClientPlace,
  reader: TypeReader,
): readonly CallDescription[] {
  const described = new Map<string, CallDescription>();
  for (const name of Object.keys(client).sort()) {
    const call = client[name];
    const place = { name, path: `${path}.client.${name}`, reader };
    const isCall = isDefinition(call) && call.kind === 'call';
    const fault = isCall
      ? (memberNameFault(path, name) ?? sharedNameFault(path, name, members))
      : `expected call({ … }), which is all that a client answers, got ${quote(call)}`;
    if (fault !== undefined) reader.problems.push({ path: place.path, message: fault });
    if (isCall) described.set(name, readClientCall(call, place));
  }
  return Object.keys(client).flatMap((name) => described.get(name) ?? []);
}

/** A name in a log, or of a generated type, means one thing. */
function sharedNameFault(path: string, name: string, members: object): string | undefined {
  return Object.hasOwn(members, name)
    ? `a member of "${path}" has the name "${name}" already; rename one of them`
    : undefined;
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || isDefinition(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isDefinition(member: unknown): member is MemberDefinition {
  return (
    typeof member === 'object' &&
    member !== null &&
    '~definition' in member &&
    member['~definition'] === true
  );
}
