import type {
  CallDefinition,
  HandlerDown,
  HandlerInput,
  HandlerOutput,
  HandlerUp,
  MemberDefinition,
  SchemaInput,
  StreamDefinition,
  TopicDefinition,
  TopicParams,
} from '@trunkline/contract';
import type { CallContext, StreamContext, TopicContext } from './context.js';

/** `undefined` is also what a function without `return` gives. */
type Returned<Output> = [Output] extends [undefined] ? Output | void : Output;

/** What the handler of a stream may return: items, an output, or a generator of both. */
type StreamResult<D extends StreamDefinition> = [HandlerDown<D>] extends [undefined]
  ? Returned<HandlerOutput<D>> | Promise<Returned<HandlerOutput<D>>>
  : [HandlerOutput<D>] extends [undefined]
    ? AsyncIterable<HandlerDown<D>> | Iterable<HandlerDown<D>>
    :
        | AsyncGenerator<HandlerDown<D>, HandlerOutput<D>, unknown>
        | Generator<HandlerDown<D>, HandlerOutput<D>, unknown>;

/** Decides on a topic: who may subscribe, or publish. */
type TopicAuthorizer<D extends TopicDefinition> = (
  params: TopicParams<D>,
  context: TopicContext,
) => boolean | Promise<boolean>;

/** Who may subscribe to a topic, and who of the clients may publish on it. */
interface TopicRules<D extends TopicDefinition> {
  readonly authorize?: TopicAuthorizer<D>;
  readonly authorizePublish?: TopicAuthorizer<D>;
}

// The compiler prints a named type with its name and arguments, here whole schemas. So what its
// messages show is spelled out below: they then hold the fields of the contract and nothing else.

/** What the handler of a call or stream gets beside its input. */
export type HandlerContext<D> = D extends CallDefinition
  ? CallContext<{ readonly [Code in keyof D['errors'] & string]: SchemaInput<D['errors'][Code]> }>
  : D extends StreamDefinition
    ? StreamContext<
        HandlerUp<D>,
        { readonly [Code in keyof D['errors'] & string]: SchemaInput<D['errors'][Code]> }
      >
    : never;

/** The handler of a call or stream. */
export type Handler<D> = D extends CallDefinition
  ? (
      input: HandlerInput<D>,
      context: HandlerContext<D>,
    ) => Returned<HandlerOutput<D>> | Promise<Returned<HandlerOutput<D>>>
  : D extends StreamDefinition
    ? (input: HandlerInput<D>, context: HandlerContext<D>) => HandlerResult<D>
    : never;

/** What the handler of a call or stream may return. */
export type HandlerResult<D> = D extends CallDefinition
  ? Returned<HandlerOutput<D>> | Promise<Returned<HandlerOutput<D>>>
  : D extends StreamDefinition
    ? StreamResult<D>
    : never;

/** The members of a contract, by name. */
export type Members = Readonly<Record<string, MemberDefinition>>;

/** The names of a contract's calls and streams. */
export type ProcedureNames<M extends Members> = {
  [Name in keyof M]: M[Name] extends TopicDefinition ? never : Name;
}[keyof M];

type TopicNames<M extends Members> = {
  [Name in keyof M]: M[Name] extends TopicDefinition ? Name : never;
}[keyof M];

/** A handler for each call and stream of a contract, and rules for its topics. */
export type Handlers<M extends Members> = {
  [Name in ProcedureNames<M>]: Handler<M[Name]>;
} & {
  [Name in TopicNames<M>]?: M[Name] extends TopicDefinition ? TopicRules<M[Name]> : never;
};
