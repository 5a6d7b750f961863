import type {
  CallDescription,
  MemberDescription,
  TopicDescription,
} from './contract-description.js';
import type { NamedType, ObjectNode, TypeNode } from './type/type-node.js';

type Types = ReadonlyMap<string, NamedType>;

/** What is wrong with the snapshot of a topic. */
export interface SnapshotFault {
  readonly topic: string;
  readonly message: string;
}

/** Finds snapshots that are no call of the contract, or whose input does not take the params. */
export function snapshotFaults(
  members: readonly MemberDescription[],
  types: Types,
): SnapshotFault[] {
  const takenBy = new Map<string, string>();
  return members.flatMap((member) => {
    if (member.kind !== 'topic' || member.snapshot === undefined) return [];
    const { name, snapshot } = member;
    const other = takenBy.get(snapshot);
    takenBy.set(snapshot, name);
    const message =
      other === undefined
        ? snapshotFault(
            member,
            members.find((one) => one.name === snapshot),
            types,
          )
        : `it is the snapshot of "${other}" already, and is as of one topic`;
    return message === undefined ? [] : [{ topic: name, message: `option "snapshot": ${message}` }];
  });
}

function snapshotFault(
  topic: TopicDescription,
  call: MemberDescription | undefined,
  types: Types,
): string | undefined {
  const { snapshot, params } = topic;
  if (call?.kind !== 'call') return `the contract has no call "${snapshot}"`;
  if (call.output === undefined) return `the call "${snapshot}" has no output`;
  return inputFault(call, params && objectOf(params, types), types);
}

function inputFault(
  { name, input }: CallDescription,
  params: ObjectNode | undefined,
  types: Types,
): string | undefined {
  if (params === undefined) {
    return input === undefined ? undefined : `the topic has no params, and "${name}" an input`;
  }
  const taken = input && objectOf(input, types);
  if (taken === undefined) return `the input of "${name}" must be an object with the params`;
  const given = new Map(params.properties.map((one) => [one.name, one]));
  for (const { name: field, optional } of taken.properties) {
    if (optional || given.has(field)) continue;
    return `the input of "${name}" needs "${field}", which is no param`;
  }
  const fields = new Map(taken.properties.map((one) => [one.name, one]));
  for (const { name: param, optional, type } of params.properties) {
    const field = fields.get(param);
    if (field === undefined) return `the input of "${name}" has no "${param}", as the params have`;
    if ((!optional || field.optional) && takes(field.type, type, types)) continue;
    return `the input of "${name}" does not take the "${param}" of the params`;
  }
  return undefined;
}

function objectOf(type: TypeNode, types: Types): ObjectNode | undefined {
  if (type.kind === 'object') return type;
  if (type.kind === 'readonly') return objectOf(type.of, types);
  return type.kind === 'ref' ? objectOf(named(type.name, types), types) : undefined;
}

/** Whether all values of a param's type are values of another type. */
function takes(type: TypeNode, given: TypeNode, types: Types): boolean {
  if (given.kind === 'ref') return takes(type, named(given.name, types), types);
  if (given.kind === 'union') return given.of.every((one) => takes(type, one, types));
  switch (type.kind) {
    case 'ref':
      return takes(named(type.name, types), given, types);
    case 'union':
      return type.of.some((one) => takes(one, given, types)) || isBoolean(type.of, given);
    case 'unknown':
      return true;
    case 'string':
      return given.kind === 'template' || isOf('string', given);
    case 'number':
    case 'boolean':
      return isOf(type.kind, given);
    default:
      return JSON.stringify(type) === JSON.stringify(given);
  }
}

/** A boolean may be written as its two literals. */
function isBoolean(of: readonly TypeNode[], given: TypeNode): boolean {
  const literals = of.map((one) => (one.kind === 'literal' ? one.value : undefined));
  return given.kind === 'boolean' && literals.includes(true) && literals.includes(false);
}

function isOf(kind: 'string' | 'number' | 'boolean', given: TypeNode): boolean {
  return given.kind === kind || (given.kind === 'literal' && typeof given.value === kind);
}

function named(name: string, types: Types): TypeNode {
  return types.get(name)?.type ?? { kind: 'unknown' };
}
