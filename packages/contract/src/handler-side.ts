import type { ProcedureDefinition, TopicDefinition } from './definition.js';
import type { SchemaInput, SchemaOutput } from './schema/schema.js';

/** What a handler is given: the parsed input. */
export type HandlerInput<Procedure extends ProcedureDefinition> = SchemaOutput<Procedure['input']>;

/** What a handler returns: an output before it is parsed. */
export type HandlerOutput<Procedure extends ProcedureDefinition> = SchemaInput<Procedure['output']>;

/** What a handler gets from its caller's stream: parsed items. */
export type HandlerUp<Procedure extends ProcedureDefinition> = Procedure extends {
  readonly up: infer Up;
}
  ? SchemaOutput<Up>
  : undefined;

/** What a handler yields to its caller: items before they are parsed. */
export type HandlerDown<Procedure extends ProcedureDefinition> = Procedure extends {
  readonly down: infer Down;
}
  ? SchemaInput<Down>
  : undefined;

/** What an authorizer is given: parsed params, defaults applied; `undefined` without params. */
export type TopicParams<Topic extends TopicDefinition> = SchemaOutput<Topic['params']>;

/** What is published on a topic: a message before it is parsed. */
export type TopicMessageInput<Topic extends TopicDefinition> = SchemaInput<Topic['message']>;
