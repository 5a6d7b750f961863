import type { ClientCallShapes, ContractShape } from '@trunkline/protocol';
import type { ContractDescription } from './contract-description.js';
import { ContractError } from './contract-error.js';
import { readContract, splitDefinitions } from './contract-reader.js';
import { asClientCall } from './client-call.js';
import type {
  AnyDefinition,
  CallDefinition,
  ClientCallDefinition,
  ClientCallsOf,
  ContractDefinitions,
  MemberDefinition,
  MemberDoc,
  MembersOf,
} from './definition.js';
import { clientCallLayouts, layoutsOf } from './member-layouts.js';

/** What a contract says of itself to readers. */
export type ContractOptions = MemberDoc;

/** A named set of calls, streams and topics with their schemas. */
export interface Contract<
  Members extends Record<string, AnyDefinition> = Record<string, MemberDefinition>,
  ClientCalls extends ClientCallShapes = Readonly<Record<string, ClientCallDefinition>>,
>
  extends ContractShape<Members, ClientCalls>, MemberDoc {}

/**
 * Builds a contract of calls, streams and topics. Under `client` stand the calls that the server
 * makes and the client answers. Schemas are read here, so whatever recursive ones refer to must be
 * defined before. Throws a `ContractError` that lists all problems at once.
 */
export function contract<Definitions extends ContractDefinitions>(
  name: string,
  definitions: Definitions,
  options: ContractOptions = {},
): Contract<MembersOf<Definitions>, ClientCallsOf<Definitions>> {
  const parts = splitDefinitions(definitions);
  const { description, problems } = readContract({ name, ...parts, options });
  if (problems.length > 0) throw new ContractError(String(name), problems);
  const { revision } = description;
  const calls = Object.entries(parts.client as Record<string, CallDefinition>);
  const client = calls.map(([call, definition]) => [call, asClientCall(definition)] as const);
  return Object.freeze({
    ...options,
    name,
    revision,
    members: Object.freeze({ ...parts.members }),
    ...(client.length > 0 && { client: Object.freeze(Object.fromEntries(client)) }),
  }) as unknown as Contract<MembersOf<Definitions>, ClientCallsOf<Definitions>>;
}

/** Describes a contract as plain data: all that generated code and documents are made of. */
export function describe(contract: Contract): ContractDescription {
  const { name, members, client = {}, description, deprecated, since } = contract;
  const options = {
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && { deprecated }),
    ...(since !== undefined && { since }),
  };
  const layouts = [
    ...Object.entries(members).map(([member, one]) => [member, layoutsOf(one)] as const),
    ...Object.entries(client).map(([call, one]) => [call, clientCallLayouts(one)] as const),
  ];
  const read = readContract({ name, members, client, options }).description;
  return { ...read, layouts: Object.fromEntries(layouts) };
}
