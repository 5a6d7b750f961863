import type * as core from 'zod/v4/core';
import type { ClientCallDefinition, ProcedureDefinition, TopicDefinition } from './definition.js';
import type { Schema, SchemaInput, SchemaOutput } from './schema/schema.js';

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

/** What a handler gives as data of each declared error, by code. */
export type HandlerErrors<Procedure extends ProcedureDefinition> = {
  readonly [Code in keyof Procedure['errors'] & string]: Procedure['errors'][Code] extends Schema
    ? core.input<Procedure['errors'][Code]>
    : never;
};

/** What an authorizer is given: parsed params, defaults applied; `undefined` without params. */
export type TopicParams<Topic extends TopicDefinition> = SchemaOutput<Topic['params']>;

/** What is published on a topic: a message before it is parsed. */
export type TopicMessageInput<Topic extends TopicDefinition> = SchemaInput<Topic['message']>;

/** What a server gives when it calls a client. */
export type ClientCallInput<Call extends ClientCallDefinition> = SchemaInput<Call['input']>;

/** What a server gets of a client that it called: the parsed output. */
export type ClientCallOutput<Call extends ClientCallDefinition> = SchemaOutput<Call['output']>;
