import { aroundOf, joinAround } from './around.js';
import type { AnyContext } from '../routes/context.js';
import type { Around } from '../routes/guard.js';
import { isTopicRoute, type Route, type Service } from '../routes/route.js';

/** What stands before one kind of use of a procedure or topic. */
export interface CoverageRow {
  /** `contract.member`; empty for opening a session. */
  readonly procedure: string;
  readonly kind: AnyContext['kind'];
  /** Where its code stands: `ChatController.post`. */
  readonly source: string;
  /** Names of the guards that run, in their order. */
  readonly guards: readonly string[];
  /** Names of the interceptors, outermost first. */
  readonly interceptors: readonly string[];
  /** Whether a method decides on the topic, or it is open to everybody who is signed in. */
  readonly authorize: 'yes' | 'public' | 'none';
}

/** Says for each use of each procedure and topic what runs before it, server's own included. */
export function coverageOf(services: readonly Service[], server: Around): CoverageRow[] {
  const connect = rowOf({ procedure: '', kind: 'connect', authorize: 'none' }, server, 'server');
  const routes = services.flatMap((service) => service.routes);
  return [connect, ...routes.flatMap((route) => rowsOf(route, server))];
}

/** Prints coverage as a table: one line for each row, columns aligned, `-` for nothing. */
export function formatCoverage(rows: readonly CoverageRow[]): string {
  const cells = rows.map((row) => [
    row.procedure || '(session)',
    row.kind,
    row.guards.join(', ') || '-',
    row.interceptors.join(', ') || '-',
    row.authorize === 'none' ? '-' : row.authorize,
    row.source,
  ]);
  const table = [['procedure', 'kind', 'guards', 'interceptors', 'authorize', 'source'], ...cells];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table
    .map((line) => line.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

function rowsOf(route: Route, server: Around): CoverageRow[] {
  const row = (kind: CoverageRow['kind'], authorize: CoverageRow['authorize']): CoverageRow => {
    const own = aroundOf(route, kind);
    return rowOf({ procedure: route.name, kind, authorize }, joinAround(server, own), own.source);
  };
  if (!isTopicRoute(route)) return [row(route.definition.kind, 'none')];
  const { definition, authorize, authorizePublish } = route;
  const subscribe = row('subscribe', authorize ? 'yes' : definition.public ? 'public' : 'none');
  if (definition.publish === 'server') return [subscribe];
  return [subscribe, row('publish', authorizePublish ? 'yes' : 'none')];
}

function rowOf(
  head: Pick<CoverageRow, 'procedure' | 'kind' | 'authorize'>,
  { guards, interceptors }: Around,
  source: string,
): CoverageRow {
  return { ...head, source, guards: guards.map(nameOf), interceptors: interceptors.map(nameOf) };
}

function nameOf(like: object): string {
  const named = typeof like === 'function' ? like : like.constructor;
  return named === Object ? '(object)' : named.name || '(function)';
}
