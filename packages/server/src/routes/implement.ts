import type { MemberDefinition } from '@trunkline/contract';
import type { ContractShape } from '@trunkline/protocol';
import type { Around, ErrorMapperLike, GuardLike, InterceptorLike } from './guard.js';
import type { Handlers } from './handlers.js';
import type {
  CallRoute,
  Route,
  ServedContract,
  Service,
  StreamRoute,
  TopicRoute,
} from './route.js';

/** What may be said beside the handlers; it runs around every one of them. */
export interface ImplementOptions {
  readonly guards?: readonly GuardLike[];
  readonly interceptors?: readonly InterceptorLike[];
  readonly errorMappers?: readonly ErrorMapperLike[];
}

interface LooseRules {
  readonly authorize?: TopicRoute['authorize'];
  readonly authorizePublish?: TopicRoute['authorizePublish'];
}

/**
 * Implements a contract without decorators, by an object with a function for each call and stream.
 * For a topic it has an object with `authorize` and `authorizePublish`. Throws a TypeError that
 * lists the members that have no handler, and the handlers that belong to no member.
 */
export function implement<Members extends Readonly<Record<string, MemberDefinition>>>(
  contract: ContractShape & { readonly members: Members } & Pick<ServedContract, 'client'>,
  // The members come from the contract alone: else parameters of handlers would have no types.
  handlers: NoInfer<Handlers<Members>>,
  options: ImplementOptions = {},
): Service {
  const given = handlers as Readonly<Record<string, unknown>>;
  const around: Around = {
    guards: options.guards ?? [],
    interceptors: options.interceptors ?? [],
    errorMappers: options.errorMappers ?? [],
  };
  const faults = Object.keys(given)
    .filter((name) => !Object.hasOwn(contract.members, name))
    .map((name) => `"${name}" is no member of contract "${contract.name}"`);
  const routes: Route[] = [];
  for (const [name, definition] of Object.entries(contract.members)) {
    const entry = Object.hasOwn(given, name) ? given[name] : undefined;
    const place = {
      ...around,
      name: `${contract.name}.${name}`,
      source: `implement(${contract.name}).${name}`,
    };
    if (definition.kind === 'topic') {
      const { authorize, authorizePublish } = (entry ?? {}) as LooseRules;
      routes.push({ ...place, definition, authorize, authorizePublish });
    } else if (typeof entry === 'function') {
      const handler = entry.bind(handlers) as CallRoute['handler'] & StreamRoute['handler'];
      routes.push({ ...place, definition, handler } as CallRoute | StreamRoute);
    } else {
      const what = entry === undefined ? 'has no handler' : 'has a handler that is no function';
      faults.push(`"${name}" of contract "${contract.name}" ${what}`);
    }
  }
  if (faults.length > 0) throw new TypeError(`cannot implement: ${faults.join('; ')}`);
  return { contract, routes };
}
