import type {
  CallDefinition,
  HandlerDown,
  HandlerErrors,
  HandlerInput,
  HandlerOutput,
  HandlerUp,
  MemberDefinition,
  StreamDefinition,
  TopicDefinition,
  TopicParams,
} from '@trunkline/contract';
import type { CallContext, StreamContext, TopicContext } from './context.js';

/** `undefined` is also what a function without `return` gives. */
type Returned<Output> = [Output] extends [undefined] ? Output | void : Output;

type MaybePromise<Value> = Value | Promise<Value>;

/** What the handler of a call may return. */
export type CallResult<D extends CallDefinition> = MaybePromise<Returned<HandlerOutput<D>>>;

/** Handler of a call. */
export type CallHandler<D extends CallDefinition> = (
  input: HandlerInput<D>,
  context: CallContext<HandlerErrors<D>>,
) => CallResult<D>;

/** What the handler of a stream may return: items, an output, or a generator of both. */
export type StreamResult<D extends StreamDefinition> = [HandlerDown<D>] extends [undefined]
  ? MaybePromise<Returned<HandlerOutput<D>>>
  : [HandlerOutput<D>] extends [undefined]
    ? AsyncIterable<HandlerDown<D>> | Iterable<HandlerDown<D>>
    :
        | AsyncGenerator<HandlerDown<D>, HandlerOutput<D>, unknown>
        | Generator<HandlerDown<D>, HandlerOutput<D>, unknown>;

/** Handler of a stream. */
export type StreamHandler<D extends StreamDefinition> = (
  input: HandlerInput<D>,
  context: StreamContext<HandlerUp<D>, HandlerErrors<D>>,
) => StreamResult<D>;

/** Decides on a topic: who may subscribe, or publish. */
export type TopicAuthorizer<D extends TopicDefinition> = (
  params: TopicParams<D>,
  context: TopicContext,
) => boolean | Promise<boolean>;

/** Who may subscribe to a topic, and who of the clients may publish on it. */
export interface TopicRules<D extends TopicDefinition> {
  readonly authorize?: TopicAuthorizer<D>;
  readonly authorizePublish?: TopicAuthorizer<D>;
}

/** The handler of a call or stream. */
export type Handler<D> = D extends CallDefinition
  ? CallHandler<D>
  : D extends StreamDefinition
    ? StreamHandler<D>
    : never;

/** What the handler of a call or stream may return. */
export type HandlerResult<D> = D extends CallDefinition
  ? CallResult<D>
  : D extends StreamDefinition
    ? StreamResult<D>
    : never;

type Members = Readonly<Record<string, MemberDefinition>>;
type ProcedureNames<M extends Members> = {
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
