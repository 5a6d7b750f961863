export { contract, describe, type Contract } from './contract.js';
export { call, stream, topic } from './member.js';
export type {
  CallDefinition,
  CallOptions,
  ClientCallDefinition,
  Keep,
  MemberDefinition,
  MemberDoc,
  ProcedureDefinition,
  StreamDefinition,
  StreamOptions,
  TopicDefinition,
  TopicOptions,
} from './definition.js';
export { ContractError, type ContractProblem } from './contract-error.js';
export type {
  HandlerDown,
  HandlerInput,
  HandlerOutput,
  HandlerUp,
  TopicMessageInput,
  TopicParams,
} from './handler-side.js';
export type { Schema, SchemaInput, SchemaOutput } from './schema/schema.js';
export type {
  CallDescription,
  ContractDescription,
  MemberDescription,
  StreamDescription,
  TopicDescription,
} from './contract-description.js';
export type { NamedType, PropertyNode, TypeNode } from './type/type-node.js';
export { issuesOf, type Issues } from './issues.js';
export { validate, type Validation } from './validate.js';
