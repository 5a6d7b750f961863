import { isTopicRoute, type Route, type Service, type TopicRoute } from './route.js';

/** What the server was told of who may come in. */
export interface BootOptions {
  readonly hasAuthenticate: boolean;
  readonly isAnonymous: boolean;
}

/** Throws a TypeError that lists all that keeps a server from booting. */
export function assertBoots(services: readonly Service[], options: BootOptions): void {
  const faults = bootFaults(services, options);
  if (faults.length > 0) throw new TypeError(`the server does not boot:\n- ${faults.join('\n- ')}`);
}

/** Lists what keeps a server from booting: where, what, and how to mend it. */
export function bootFaults(services: readonly Service[], options: BootOptions): string[] {
  const routes = services.flatMap((service) => service.routes);
  return [
    ...doorFaults(options),
    ...repeatedContracts(services),
    ...repeatedRoutes(services),
    ...routes.filter(isTopicRoute).flatMap(topicFaults),
  ];
}

function doorFaults({ hasAuthenticate, isAnonymous }: BootOptions): string[] {
  if (hasAuthenticate || isAnonymous) return [];
  return ['the server has no "authenticate": give one, or let everybody in by "anonymous: true"'];
}

function topicFaults({ name, source, definition, ...route }: TopicRoute): string[] {
  const faults: string[] = [];
  if (route.authorize === undefined && !definition.public) {
    faults.push(
      `${source}: topic "${name}" has no "authorize", so nobody decides who may subscribe: ` +
        'add one, or mark the topic "public: true" in its contract',
    );
  }
  if (route.authorizePublish === undefined && definition.publish === 'client') {
    faults.push(
      `${route.publishing?.source ?? source}: topic "${name}" has no "authorizePublish", so nobody ` +
        `decides which client may publish: add one, or take "publish: 'client'" from its contract`,
    );
  }
  return faults;
}

function repeatedContracts(services: readonly Service[]): string[] {
  return repeated(services, ({ contract }) => contract.name).map(([name, group]) => {
    const sources = new Set(
      group.map(({ routes }) => routes[0]?.source ?? 'a service without routes'),
    );
    return `contract "${name}" is served ${group.length} times, by ${[...sources].join(', ')}: keep one`;
  });
}

function repeatedRoutes(services: readonly Service[]): string[] {
  return services.flatMap(({ routes }) =>
    repeated(routes, (route) => route.name).map(([name, group]) => {
      const sources = group.map((route: Route) => route.source).join(', ');
      return `"${name}" is served ${group.length} times, by ${sources}: keep one`;
    }),
  );
}

function repeated<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
): [name: string, group: Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group) group.push(item);
    else groups.set(nameOf(item), [item]);
  }
  return [...groups].filter(([, group]) => group.length > 1);
}
