import type { ClientCallShape, TraceContext, TrunklineError } from '@trunkline/protocol';

/** What the handler of a call of the server gets beside its input. */
export interface ClientCallContext<Errors = {}> {
  /** Fires at the deadline, when the server withdraws, and when the session ends. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline; `undefined` without one. */
  readonly remainingMs: number | undefined;
  /** Where the call stands in a trace, if the server says it. */
  readonly trace: TraceContext | undefined;
  /** Makes a declared error, to be thrown. */
  error<Code extends keyof Errors & string>(
    code: Code,
    data: Errors[Code],
    message?: string,
  ): TrunklineError<Code, Errors[Code]>;
}

/** `undefined` is also what a function without `return` gives. */
type Returned<Output> = [Output] extends [undefined] ? Output | void : Output;

/** Answers a call of the server. */
export type ClientHandler<Input, Output, Errors = {}> = (
  input: Input,
  context: ClientCallContext<Errors>,
) => Returned<Output> | Promise<Returned<Output>>;

type HandlerOf<Call> = Call extends {
  readonly '~types'?: { input: infer Input; output: infer Output; errors: infer Errors };
}
  ? ClientHandler<Input, Output, Errors>
  : never;

/** The handlers of what the server calls, inferred from a contract. */
export type ClientHandlersOf<Contract> = Contract extends { readonly client?: infer Calls }
  ? { readonly [Name in keyof NonNullable<Calls>]: HandlerOf<NonNullable<Calls>[Name]> }
  : {};

/** A handler, before anybody knows its types. */
export type AnyHandler = (
  input: unknown,
  context: ClientCallContext<Readonly<Record<string, unknown>>>,
) => unknown;

/** What a client has for one call of the server. */
export interface ServedCall {
  readonly handler: AnyHandler;
  readonly shape: ClientCallShape<unknown, unknown, unknown>;
}
