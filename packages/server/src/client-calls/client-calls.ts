import type { ClientCallDefinition, SchemaInput, SchemaOutput } from '@trunkline/contract';
import {
  FEATURES,
  TrunklineError,
  type ContractShape,
  type HelloMessage,
  type SafeResult,
  type TraceContext,
  type WithInput,
} from '@trunkline/protocol';
import type { SessionInfo } from '../routes/context.js';
import { localError, locateLocal } from '../failure.js';
import { refuseUnknown } from '../refuse-unknown.js';
import { Session } from '../session.js';
import { ClientCallTable, type ClientCallTableOptions } from './client-call-table.js';

/** What may be said of a call to a client beside its input. */
export interface ClientCallOptions {
  /** Withdraws it: it fails with `CANCELLED`, and the signal of the client's handler fires. */
  readonly signal?: AbortSignal;
  /** Milliseconds until it fails with `DEADLINE`: no later than the contract's, which it is unless given, else 30 s. */
  readonly deadlineMs?: number;
}

/** Calls a client. Fails with a `TrunklineError` that says whether the client's handler ran. */
export interface ClientCall<Input, Output, Errors = {}> {
  (...args: WithInput<Input, ClientCallOptions>): Promise<Output>;
  /** Calls it and gives the outcome as a value, so that errors are typed. */
  readonly safe: (
    ...args: WithInput<Input, ClientCallOptions>
  ) => Promise<SafeResult<Output, Errors>>;
}

type ClientMembers = Readonly<Record<string, ClientCallDefinition>>;

/** A contract with calls that its clients answer. */
type WithClient<Calls extends ClientMembers> = ContractShape & { readonly client?: Calls };

/** A method for each call that the clients of a contract answer: `ClientCalls<typeof chat>`. */
export type ClientCalls<Contract extends { readonly client?: ClientMembers }> = CallsOf<
  NonNullable<Contract['client']>
>;

type CallsOf<Calls extends ClientMembers> = {
  readonly [Name in keyof Calls]: ClientCall<
    SchemaInput<Calls[Name]['input']>,
    SchemaOutput<Calls[Name]['output']>,
    {
      readonly [Code in keyof Calls[Name]['errors'] & string]: SchemaOutput<
        Calls[Name]['errors'][Code]
      >;
    }
  >;
};

/** What a server gives when it calls a client. */
export type ClientCallInput<Call extends ClientCallDefinition> = SchemaInput<Call['input']>;

/** What a server gets of a client that it called: the parsed output. */
export type ClientCallOutput<Call extends ClientCallDefinition> = SchemaOutput<Call['output']>;

/** A class of the calls that the clients of a contract answer, to extend. */
export type ClientCallsClass<Calls> = new (session: SessionInfo) => Calls;

/** The sessions whose clients take calls. */
const SESSIONS = new WeakMap<SessionInfo, ClientCallTable>();

/** Lets the client of a session be called; `undefined` for one that takes no calls. */
export function openClientCalls(
  session: Session,
  { features }: HelloMessage,
  options: ClientCallTableOptions,
): ClientCallTable | undefined {
  if ((features & FEATURES.CALLS) === 0) return undefined;
  const table = new ClientCallTable(options);
  SESSIONS.set(session, table);
  return table;
}

/**
 * Makes a method for each call that the clients of a contract answer. They call the client of this
 * session: `context.session` of a handler, or one that `onOpen` told of. Throws a TypeError for what
 * is no session.
 */
export function createClientCalls<Calls extends ClientMembers>(
  contract: WithClient<Calls>,
  session: SessionInfo,
): CallsOf<Calls> {
  if (!(session instanceof Session)) {
    throw new TypeError('expected a session of a server, such as context.session of a handler');
  }
  const methods = Object.entries<ClientCallDefinition>(contract.client ?? {}).map(
    ([member, definition]) => {
      const procedure = { name: `${contract.name}.${member}`, definition };
      const call = async (input?: unknown, options: ClientCallOptions = {}): Promise<unknown> => {
        refuseUnknown(`${procedure.name}: unknown option`, options, OPTIONS);
        const { signal, deadlineMs } = options;
        checkDeadline(deadlineMs);
        const table = SESSIONS.get(session);
        if (table !== undefined) {
          const call = (trace?: TraceContext) =>
            table.call({ procedure, input, deadlineMs, signal, trace });
          const called = table.tracer?.ask('call', procedure.name, call) ?? call();
          table.observation?.clientCalled(called, session.id, procedure);
          return called.catch((error: unknown) => {
            throw error instanceof TrunklineError ? locateLocal(error, procedure.name) : error;
          });
        }
        const text = 'the client answers no calls: it was connected without handlers';
        throw locateLocal(localError('UNAVAILABLE', text, { executed: 'no' }), procedure.name);
      };
      return [member, Object.freeze(Object.assign(call, { safe: safely(call) }))] as const;
    },
  );
  return Object.freeze(Object.fromEntries(methods)) as unknown as CallsOf<Calls>;
}

const OPTIONS: readonly (keyof ClientCallOptions)[] = ['signal', 'deadlineMs'];

/** Makes the base of a class of such calls: `class ChatClientCalls extends ClientCallsOf(chat) {}`. */
export function ClientCallsOf<Calls extends ClientMembers>(
  contract: WithClient<Calls>,
): ClientCallsClass<CallsOf<Calls>> {
  class ContractClientCalls {
    constructor(session: SessionInfo) {
      Object.assign(this, createClientCalls(contract, session));
    }
  }
  return ContractClientCalls as ClientCallsClass<CallsOf<Calls>>;
}

function checkDeadline(deadlineMs: number | undefined): void {
  if (deadlineMs === undefined || (Number.isFinite(deadlineMs) && deadlineMs >= 0)) return;
  throw new TypeError(`option "deadlineMs" must be milliseconds from 0, not "${deadlineMs}"`);
}

function safely(call: (input?: unknown, options?: ClientCallOptions) => Promise<unknown>) {
  return async (input?: unknown, options?: ClientCallOptions) => {
    try {
      return { ok: true, value: await call(input, options) };
    } catch (error) {
      if (error instanceof TrunklineError) return { ok: false, error };
      throw error;
    }
  };
}
