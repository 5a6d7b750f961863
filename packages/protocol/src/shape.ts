/**
 * The zod-free shape of a contract: what a peer must know of it at run time, and the types it
 * carries for the compiler. A contract built with zod and a generated client both have it.
 */

import type { ClientCallCodec, ProcedureCodec, TopicCodec } from './payload/part.js';

/** Error data by the codes that a procedure declares. */
export type ErrorShapes = Record<string, unknown>;

/** A call: one input, one output or one typed error. `~types` exists only for the compiler. */
export interface CallShape<Input = unknown, Output = unknown, Errors = ErrorShapes> {
  readonly kind: 'call';
  /** It runs once for each idempotency key, so clients repeat it by themselves when they must. */
  readonly idempotent?: boolean;
  /** How many milliseconds it has where its caller names no deadline. */
  readonly deadlineMs?: number;
  /** Packs its values; without it they travel as superjson. */
  readonly codec?: ProcedureCodec;
  readonly '~types'?: { readonly input: Input; readonly output: Output; readonly errors: Errors };
}

/**
 * A call that the client answers. Its types are the client's, as everywhere: `input` is what the
 * client gets, `output` what it gives.
 */
export interface ClientCallShape<Input = unknown, Output = unknown, Errors = ErrorShapes> {
  readonly kind: 'call';
  /** Packs its values; without it they travel as superjson. */
  readonly codec?: ClientCallCodec;
  readonly '~types'?: { readonly input: Input; readonly output: Output; readonly errors: Errors };
}

/** A stream: a call with items up, down or both ways. `undefined` stands for an absent part. */
export interface StreamShape<
  Input = unknown,
  Up = unknown,
  Down = unknown,
  Output = unknown,
  Errors = ErrorShapes,
> {
  readonly kind: 'stream';
  /** Whether the caller sends items. */
  readonly hasUp: boolean;
  /** Whether the callee sends items. */
  readonly hasDown: boolean;
  /** Whether the stream ends with an output value. */
  readonly hasOutput: boolean;
  /** How many milliseconds it has where its caller names no deadline; missing for no end. */
  readonly deadlineMs?: number;
  /** Packs its values; without it they travel as superjson. */
  readonly codec?: ProcedureCodec;
  readonly '~types'?: {
    readonly input: Input;
    readonly up: Up;
    readonly down: Down;
    readonly output: Output;
    readonly errors: Errors;
  };
}

/** Who may publish on a topic. */
export type PublishBy = 'server' | 'client';

/** A named, parameterised channel of topic messages. */
export interface TopicShape<
  Params = unknown,
  Message = unknown,
  Publish extends PublishBy = PublishBy,
  PublishInput = unknown,
  Snapshot extends string | undefined = string | undefined,
> {
  readonly kind: 'topic';
  readonly publish: Publish;
  /** Names of the parameters, sorted as they stand in the topic's key. */
  readonly paramNames: readonly string[];
  /** Whether topic messages are kept for who was away. */
  readonly keeps?: boolean;
  /** Name of the call of the contract that gives what the topic messages change. */
  readonly snapshot?: Snapshot;
  /** Packs its messages; without it they travel as superjson. */
  readonly codec?: TopicCodec;
  readonly '~types'?: {
    readonly params: Params;
    readonly message: Message;
    readonly publishInput: PublishInput;
  };
}

/** A procedure or a topic of a contract. */
export type MemberShape =
  | CallShape<unknown, unknown, unknown>
  | StreamShape<unknown, unknown, unknown, unknown, unknown>
  | TopicShape;

/** The calls that the client of a contract answers, by name. */
export type ClientCallShapes = Readonly<Record<string, ClientCallShape<unknown, unknown, unknown>>>;

/** A contract as its peers see it. */
export interface ContractShape<
  Members extends Record<string, MemberShape> = Record<string, MemberShape>,
  ClientCalls extends ClientCallShapes = ClientCallShapes,
> {
  /** Name of the contract; the first part of each procedure's name on the wire. */
  readonly name: string;
  /** 16 hexadecimal digits that change when anything a peer can see of the contract changes. */
  readonly revision: string;
  readonly members: Members;
  /** What the server calls and the client answers; missing where there is nothing. */
  readonly client?: ClientCalls;
}

/**
 * A generated client's description: a contract shape and, for the compiler, types. They are those
 * of its proxy, and of the handlers of what the server calls.
 */
export interface ServiceShape<Client = unknown, Handlers = {}> extends ContractShape {
  readonly '~client'?: Client;
  readonly '~handlers'?: Handlers;
}
