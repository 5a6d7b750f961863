import type {
  CallDefinition,
  ClientCallDefinition,
  MemberDefinition,
  StreamDefinition,
  TopicDefinition,
} from '@trunkline/contract';
import type { ContractShape, ProcedureKind } from '@trunkline/protocol';
import type { CallContext, StreamContext, TopicContext } from './context.js';
import type { Around } from './guard.js';

/** Decides on one topic with its params, parsed. */
export type Authorize = (params: unknown, context: TopicContext) => boolean | Promise<boolean>;

interface RouteBase extends Around {
  /** `contract.member`. */
  readonly name: string;
  /** Where its code stands, for messages to people: `ChatController.post`. */
  readonly source: string;
}

/** A call and its handler. */
export interface CallRoute extends RouteBase {
  readonly definition: CallDefinition;
  readonly handler: (input: unknown, context: CallContext) => unknown;
}

/** A stream and its handler, which gives an iterable or, without down items, an output. */
export interface StreamRoute extends RouteBase {
  readonly definition: StreamDefinition;
  readonly handler: (input: unknown, context: StreamContext) => unknown;
}

/** A topic and who decides on it. */
export interface TopicRoute extends RouteBase {
  readonly definition: TopicDefinition;
  readonly authorize: Authorize | undefined;
  readonly authorizePublish: Authorize | undefined;
  /** What runs around a client's publishing, and where it stands; the route's own if left out. */
  readonly publishing?: Around & { readonly source: string };
}

/** A member of a contract with the code behind it. */
export type Route = CallRoute | StreamRoute | TopicRoute;

/** A contract as a server has it. */
export type ServedContract = ContractShape & {
  readonly members: Readonly<Record<string, MemberDefinition>>;
  readonly client?: Readonly<Record<string, ClientCallDefinition>>;
};

/** A contract with a route for each of its members. */
export interface Service {
  readonly contract: ServedContract;
  readonly routes: readonly Route[];
}

/** Tells whether a route is that of a call. */
export function isCallRoute(route: Route): route is CallRoute {
  return route.definition.kind === 'call';
}

/** Tells whether a route is that of a stream. */
export function isStreamRoute(route: Route): route is StreamRoute {
  return route.definition.kind === 'stream';
}

/** Tells whether a route is that of a topic. */
export function isTopicRoute(route: Route): route is TopicRoute {
  return route.definition.kind === 'topic';
}

/** Tells whether a route is that of a call whose contract says that it is idempotent. */
export function isIdempotent(route: Route): boolean {
  return isCallRoute(route) && route.definition.idempotent;
}

/** Gives the kind under which a client binds a route. */
export function kindOf(route: Route): ProcedureKind {
  if (isTopicRoute(route)) return 'publish';
  return isCallRoute(route) ? 'call' : 'stream';
}
