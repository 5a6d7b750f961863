import type { AnyContext } from '../routes/context.js';
import type { Around } from '../routes/guard.js';
import { isTopicRoute, type Route } from '../routes/route.js';

/** What runs around one kind of use of a route, and where its code stands. */
export type SourcedAround = Around & { readonly source: string };

/** Gives what a route itself has around a use of it: publishing may have its own. */
export function aroundOf(route: Route, kind: AnyContext['kind']): SourcedAround {
  return kind === 'publish' && isTopicRoute(route) ? (route.publishing ?? route) : route;
}

/** Puts what the server has around what a route has. What both name runs once. */
export function joinAround(server: Around, route: Around): Around {
  return {
    guards: [...new Set([...server.guards, ...route.guards])],
    interceptors: [...new Set([...server.interceptors, ...route.interceptors])],
    errorMappers: [...new Set([...route.errorMappers, ...server.errorMappers])],
  };
}
