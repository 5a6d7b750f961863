import { $ZodObject } from 'zod/v4/core';
import {
  NO_LAYOUT,
  type ClientCallCodec,
  type Part,
  type ProcedureCodec,
  type TopicCodec,
} from '@trunkline/protocol';
import { codecOf, type SchemaCodec } from './codec.js';
import type {
  ClientCallDefinition,
  ErrorSchemas,
  MemberDefinition,
  ProcedureDefinition,
  TopicDefinition,
} from './definition.js';
import { generatedOf, type GeneratedMember, type GeneratedPart } from './generated-parts.js';
import { layoutHash, type LayoutParts } from './layout-hash.js';
import type { Schema, Side } from './schema/schema.js';

/** The codecs of a call or stream, with the checks of its schemas. */
export interface ProcedureCodecs {
  /** Hash of the layouts of what the caller sends. */
  readonly send: string;
  /** Hash of the layouts of what the caller receives. */
  readonly receive: string;
  readonly input: SchemaCodec<Schema> | undefined;
  readonly up: SchemaCodec<Schema> | undefined;
  readonly output: SchemaCodec<Schema> | undefined;
  readonly down: SchemaCodec<Schema> | undefined;
  readonly errors: Readonly<Record<string, SchemaCodec<Schema>>>;
}

/** The codecs of a topic, with the checks of its schemas. */
export interface TopicCodecs {
  /** Hash of the layout of a publish by a client. */
  readonly send: string;
  /** Hash of the layout of its messages. */
  readonly receive: string;
  readonly message: SchemaCodec<Schema>;
  /** What a client's publish carries; `undefined` where clients do not publish. */
  readonly publish: SchemaCodec<Schema> | undefined;
}

/** The codecs of a call that the client answers, with the checks of its schemas. */
export type ClientCallCodecs = Omit<ProcedureCodecs, 'up' | 'down'>;

const CLIENT_CALLS = new WeakMap<ClientCallDefinition, ClientCallCodecs>();
const PROCEDURES = new WeakMap<ProcedureDefinition, ProcedureCodecs>();
const TOPICS = new WeakMap<TopicDefinition, TopicCodecs>();

/** Makes the codecs of a call or stream, once for each. */
export function procedureCodecs(definition: ProcedureDefinition): ProcedureCodecs {
  let codecs = PROCEDURES.get(definition);
  if (codecs === undefined) PROCEDURES.set(definition, (codecs = createProcedure(definition)));
  return codecs;
}

/** Makes the codecs of a call that the client answers, once for each. */
export function clientCallCodecs(definition: ClientCallDefinition): ClientCallCodecs {
  let codecs = CLIENT_CALLS.get(definition);
  if (codecs === undefined) CLIENT_CALLS.set(definition, (codecs = createClientCall(definition)));
  return codecs;
}

/** Makes the codecs of a topic, once for each. */
export function topicCodecs(definition: TopicDefinition): TopicCodecs {
  let codecs = TOPICS.get(definition);
  if (codecs === undefined) TOPICS.set(definition, (codecs = createTopic(definition)));
  return codecs;
}

/** Gives the codec of a member as its callers and subscribers have it. */
export function clientCodec(definition: MemberDefinition): ProcedureCodec | TopicCodec {
  return definition.kind === 'topic' ? topicClient(definition) : procedureClient(definition);
}

function procedureClient(definition: ProcedureDefinition): ProcedureCodec {
  const { send, receive, errors, ...positions } = procedureCodecs(definition);
  const parts = Object.entries(positions).flatMap(([name, codec]) =>
    codec === undefined ? [] : [[name, codec.part] as const],
  );
  const errorParts = Object.entries(errors).map(([code, { part }]) => [code, part] as const);
  return { send, receive, ...Object.fromEntries(parts), errors: Object.fromEntries(errorParts) };
}

/** Gives the codec of a call as the client has it that answers it. */
export function servedCodec(definition: ClientCallDefinition): ClientCallCodec {
  const { send, receive, input, output, errors } = clientCallCodecs(definition);
  const errorParts = Object.entries(errors).map(([code, { part }]) => [code, part] as const);
  return {
    send,
    receive,
    ...(input && { input: input.part }),
    ...(output && { output: output.part }),
    errors: Object.fromEntries(errorParts),
  };
}

function topicClient(definition: TopicDefinition): TopicCodec {
  const { send, receive, message, publish } = topicCodecs(definition);
  const codec = { receive, message: message.part };
  // An object with a message is never bytes alone.
  const part = publish?.part as Exclude<Part, 'bytes'> | undefined;
  return part === undefined ? codec : { ...codec, send, publish: part };
}

function createProcedure(definition: ProcedureDefinition): ProcedureCodecs {
  const { up, down } =
    definition.kind === 'stream' ? definition : { up: undefined, down: undefined };
  const isStream = definition.kind === 'stream';
  const generated = generatedOf(definition);
  const input = codecIf(definition.input, 'input', generated.input);
  const output = codecIf(definition.output, 'output', generated.output);
  const upCodec = codecIf(up, 'input', generated.up);
  const downCodec = codecIf(down, 'output', generated.down);
  const errors = errorCodecs(definition.errors, 'output', generated.errors);
  const send: LayoutParts = isStream ? [layoutIn(input), layoutIn(upCodec)] : [layoutIn(input)];
  const received = [layoutIn(output), errorLayouts(errors)];
  const receive = isStream ? [...received, layoutIn(downCodec)] : received;
  return {
    send: layoutHash(send),
    receive: layoutHash(receive),
    input,
    up: upCodec,
    output,
    down: downCodec,
    errors,
  };
}

/** The server writes what schemas give, and reads what is given to them. */
function createClientCall(definition: ClientCallDefinition): ClientCallCodecs {
  const generated = generatedOf(definition);
  const input = codecIf(definition.input, 'output', generated.input);
  const output = codecIf(definition.output, 'input', generated.output);
  const errors = errorCodecs(definition.errors, 'input', generated.errors);
  const send = layoutHash([layoutIn(input)]);
  const receive = layoutHash([layoutIn(output), errorLayouts(errors)]);
  return { send, receive, input, output, errors };
}

function createTopic(definition: TopicDefinition): TopicCodecs {
  const generated = generatedOf(definition);
  const message = codecOf(definition.message, 'output', generated.message);
  const publish =
    definition.publish === 'client'
      ? codecOf(publishSchema(definition), 'input', generated.publish)
      : undefined;
  return {
    send: publish === undefined ? NO_LAYOUT : layoutHash([publish.layout]),
    receive: layoutHash([message.layout]),
    message,
    publish,
  };
}

/** What a client's publish carries, as one schema: only its layout is of use. */
function publishSchema({ params, message }: TopicDefinition): Schema {
  return new $ZodObject({ type: 'object', shape: params ? { params, message } : { message } });
}

function codecIf(
  schema: Schema | undefined,
  side: Side,
  generated: GeneratedPart | undefined,
): SchemaCodec<Schema> | undefined {
  return schema && codecOf(schema, side, generated);
}

function layoutIn(codec: SchemaCodec<Schema> | undefined): LayoutParts[number] {
  return codec?.layout ?? null;
}

function errorCodecs(
  errors: ErrorSchemas,
  side: Side,
  generated: GeneratedMember['errors'],
): Readonly<Record<string, SchemaCodec<Schema>>> {
  return Object.fromEntries(
    Object.entries(errors).map(([code, schema]) => [
      code,
      codecOf(schema, side, generated?.[code]),
    ]),
  );
}

function errorLayouts(errors: Readonly<Record<string, SchemaCodec<Schema>>>): LayoutParts[number] {
  const entries = Object.entries(errors).map(([code, { layout }]) => [code, layout] as const);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
