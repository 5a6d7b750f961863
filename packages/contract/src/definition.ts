import type {
  CallShape,
  ClientCallShape,
  MemberShape,
  PublishBy,
  StreamShape,
  TopicShape,
} from '@trunkline/protocol';
import type { CallPrice } from './call-rate.js';
import type { Conflate, LatestDelivery } from './delivery.js';
import type { Schema, SchemaInput, SchemaOutput } from './schema/schema.js';

/** What a procedure or topic says of itself to readers. */
export interface MemberDoc {
  /** What it does; the first line of its doc comment in generated code. */
  readonly description?: string;
  /** `true`, or what to use instead. */
  readonly deprecated?: string | true;
  /** The version of the application that brought it. */
  readonly since?: string;
}

/** Made by `call()`, `stream()` or `topic()`: it has schemas, which a bare shape has not. */
export interface WithSchemas {
  readonly '~definition': true;
}

/** What any definition is. It names no type of a schema, so that nothing is inferred from it. */
export type AnyDefinition = MemberShape & WithSchemas;

/** Schemas of the data of declared errors, by UPPER_SNAKE codes. */
export type ErrorSchemas = Readonly<Record<string, Schema>>;

/** What holds for calls and streams alike. */
export interface ProcedureLimits {
  /** Milliseconds that it may take: its deadline, unless the caller names an earlier one. */
  readonly deadlineMs?: number;
  /** The most bytes of an input; raises or lowers the server's limit. */
  readonly maxInputBytes?: number;
  /** The most bytes of an output; raises or lowers the server's limit. */
  readonly maxOutputBytes?: number;
}

/** The data of declared errors as the client gets them, by code. */
export type ErrorData<Errors> = {
  readonly [Code in keyof Errors & string]: SchemaOutput<Errors[Code]>;
};

/** What `call()` is given. */
export interface CallOptions<
  Input extends Schema | undefined,
  Output extends Schema | undefined,
  Errors extends ErrorSchemas,
>
  extends MemberDoc, ProcedureLimits, CallPrice {
  readonly input?: Input;
  readonly output?: Output;
  readonly errors?: Errors;
  /** It runs once for each idempotency key, so clients repeat it by themselves when they must. */
  readonly idempotent?: boolean;
}

/** A call of a contract, with its schemas. */
export interface CallDefinition<
  Input extends Schema | undefined = Schema | undefined,
  Output extends Schema | undefined = Schema | undefined,
  Errors extends ErrorSchemas = ErrorSchemas,
>
  extends
    CallShape<SchemaInput<Input>, SchemaOutput<Output>, ErrorData<Errors>>,
    WithSchemas,
    MemberDoc,
    ProcedureLimits,
    CallPrice {
  readonly input: Input;
  readonly output: Output;
  readonly errors: Errors;
  readonly idempotent: boolean;
}

/** The data of declared errors as who throws them gives it, by code. */
export type ErrorDataInput<Errors> = {
  readonly [Code in keyof Errors & string]: SchemaInput<Errors[Code]>;
};

/** A call that the client answers, with its schemas: the server parses both of its sides. */
export interface ClientCallDefinition<
  Input extends Schema | undefined = Schema | undefined,
  Output extends Schema | undefined = Schema | undefined,
  Errors extends ErrorSchemas = ErrorSchemas,
>
  extends
    ClientCallShape<SchemaOutput<Input>, SchemaInput<Output>, ErrorDataInput<Errors>>,
    MemberDoc,
    ProcedureLimits {
  readonly input: Input;
  readonly output: Output;
  readonly errors: Errors;
}

/** What `stream()` is given. */
export interface StreamOptions<
  Input extends Schema | undefined,
  Up extends Schema | undefined,
  Down extends Schema | undefined,
  Output extends Schema | undefined,
  Errors extends ErrorSchemas,
>
  extends MemberDoc, ProcedureLimits, CallPrice {
  readonly input?: Input;
  /** Schema of the items that the caller sends. */
  readonly up?: Up;
  /** Schema of the items that the callee sends. */
  readonly down?: Down;
  readonly output?: Output;
  readonly errors?: Errors;
}

/** A stream of a contract, with its schemas. */
export interface StreamDefinition<
  Input extends Schema | undefined = Schema | undefined,
  Up extends Schema | undefined = Schema | undefined,
  Down extends Schema | undefined = Schema | undefined,
  Output extends Schema | undefined = Schema | undefined,
  Errors extends ErrorSchemas = ErrorSchemas,
>
  extends
    StreamShape<
      SchemaInput<Input>,
      SchemaInput<Up>,
      SchemaOutput<Down>,
      SchemaOutput<Output>,
      ErrorData<Errors>
    >,
    WithSchemas,
    MemberDoc,
    ProcedureLimits,
    CallPrice {
  readonly input: Input;
  readonly up: Up;
  readonly down: Down;
  readonly output: Output;
  readonly errors: Errors;
}

/**
 * How much of a topic is kept for those who were away. What is left out has the server's limit: the
 * last 100 topic messages, of the last five minutes, of 1 MiB, unless those limits were changed.
 */
export interface Keep {
  /** The newest so many. */
  readonly count?: number;
  /** Those that are not older than this; a topic whose news are rare wants more than the default. */
  readonly ageMs?: number;
  readonly bytes?: number;
}

/** What `topic()` is given. */
export interface TopicOptions<
  Params extends Schema | undefined,
  Message extends Schema,
  Publish extends PublishBy,
  Snapshot extends string | undefined = undefined,
>
  extends MemberDoc, CallPrice {
  /** A flat `z.object()` of strings, integers, booleans and enums; none means one topic. */
  readonly params?: Params;
  readonly message: Message;
  /** Who may publish: the server alone, which is the default, or clients too. */
  readonly publish?: Publish;
  /** Everybody who is signed in may subscribe; else the server must have an authorizer. */
  readonly public?: true;
  /** Without it nothing is kept, and every attach starts fresh. */
  readonly keep?: Keep;
  /** Every message reaches every subscriber, which is the default, or the newest of each key. */
  readonly delivery?: 'every' | LatestDelivery<SchemaOutput<NoInfer<Message>>>;
  /**
   * What a subscriber gets that is too slow. `gap`, the default: what is kept, and a gap for the rest.
   * `conflate`, the default with `latest`: the newest message of each key until it has caught up.
   * `close`: its connection is closed with 4508, and the client comes back for what is kept.
   */
  readonly slow?: 'gap' | 'conflate' | 'close' | Conflate<SchemaOutput<NoInfer<Message>>>;
  /**
   * Name of the call of this contract that gives the state that the messages change. Its input takes
   * the params. Clients call it in the place of messages that they missed.
   */
  readonly snapshot?: Snapshot;
}

/** A topic of a contract, with its schemas. */
export interface TopicDefinition<
  Params extends Schema | undefined = Schema | undefined,
  Message extends Schema = Schema,
  Publish extends PublishBy = PublishBy,
  Snapshot extends string | undefined = string | undefined,
>
  extends
    TopicShape<SchemaInput<Params>, SchemaOutput<Message>, Publish, SchemaInput<Message>, Snapshot>,
    WithSchemas,
    MemberDoc,
    CallPrice {
  readonly params: Params;
  readonly message: Message;
  readonly public: boolean;
  readonly keep?: Keep;
  readonly delivery?: unknown;
  readonly slow?: unknown;
}

/** A procedure of a contract. */
export type ProcedureDefinition = CallDefinition | StreamDefinition;

/** A procedure or topic of a contract. */
export type MemberDefinition = ProcedureDefinition | TopicDefinition;

/** What a contract is defined by: its members, and beside them what its client answers. */
export type ContractDefinitions = Readonly<
  Record<string, AnyDefinition | Readonly<Record<string, AnyDefinition>>>
>;

/** Of what a contract is defined by, the members. */
export type MembersOf<Definitions> =
  Definitions extends Record<string, AnyDefinition>
    ? Definitions
    : {
        readonly [
          Name in keyof Definitions as Definitions[Name] extends AnyDefinition ? Name : never
        ]: Definitions[Name] extends AnyDefinition ? Definitions[Name] : never;
      };

/** Of what a contract is defined by, the calls that the client answers. */
export type ClientCallsOf<Definitions> = Definitions extends { readonly client: infer Calls }
  ? Calls extends AnyDefinition
    ? {}
    : {
        readonly [Name in keyof Calls]: Calls[Name] extends CallDefinition<
          infer Input,
          infer Output,
          infer Errors
        >
          ? ClientCallDefinition<Input, Output, Errors>
          : never;
      }
  : {};
