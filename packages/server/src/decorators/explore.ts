import type { MemberDefinition } from '@trunkline/contract';
import {
  isSamePart,
  readDecoratedClass,
  sourceOf,
  type DecoratedClass,
  type DecoratedMethod,
} from './decorated-class.js';
import { handlerFor, parameterFaults } from './injection.js';
import type { Role } from './metadata.js';
import { roleDecoratorName, serviceName } from './service-name.js';
import type {
  CallRoute,
  Route,
  ServedContract,
  Service,
  StreamRoute,
  TopicRoute,
} from '../routes/route.js';

/** Makes an instance of a decorated class. */
export type Resolve = (token: new (...args: never[]) => object) => object;

/** What a decorated instance serves, to be used only where there are no faults. */
interface Exploration {
  readonly services: readonly Service[];
  readonly faults: readonly string[];
}

/**
 * Gives what the entries of the `services` option serve. An entry is an instance of a decorated
 * class, what `implement()` gave, or a class where there is a `resolve`. Throws a TypeError with
 * all faults.
 */
export function servicesOf(entries: readonly object[], resolve?: Resolve): readonly Service[] {
  const explored = entries.map((entry) => exploreEntry(entry, resolve));
  const faults = explored.flatMap((exploration) => exploration.faults);
  if (faults.length > 0) throw new TypeError(`the server does not boot:\n- ${faults.join('\n- ')}`);
  return explored.flatMap(({ services }) => services);
}

function exploreEntry(entry: object, resolve: Resolve | undefined): Exploration {
  if (isService(entry)) return { services: [entry], faults: [] };
  if (typeof entry !== 'function') return explore(entry);
  if (resolve !== undefined) return explore(resolve(entry as Parameters<Resolve>[0]));
  const fault = `${entry.name}: is a class: give an instance, or the option "resolve" that makes one`;
  return { services: [], faults: [fault] };
}

function isService(entry: object): entry is Service {
  return (
    Object.getPrototypeOf(entry) === Object.prototype &&
    'contract' in entry &&
    'routes' in entry &&
    Array.isArray(entry.routes)
  );
}

/** Reads what an instance of a decorated class serves, and lists what is wrong with it. */
function explore(instance: object): Exploration {
  const decorated = readDecoratedClass(instance);
  const roles = decorated.methods.flatMap(({ roles, dropped }) => [
    ...roles,
    ...dropped.map(({ role }) => role),
  ]);
  const contracts = new Set([...decorated.contracts, ...roles.map(({ contract }) => contract)]);
  const services: Service[] = [];
  const faults = [
    ...missingMetadata(decorated, contracts),
    ...decorated.strays.map((stray) => `${stray} does nothing: only instance methods are served`),
    ...decorated.methods.flatMap((method) => methodFaults(decorated, method, contracts)),
  ];
  for (const contract of contracts) {
    const routes = Object.keys(contract.members).flatMap((member) =>
      routeOf({ instance, decorated, contract, member, faults }),
    );
    services.push({ contract, routes });
  }
  return { services, faults };
}

function missingMetadata(
  { name, contracts }: DecoratedClass,
  wanted: ReadonlySet<ServedContract>,
): string[] {
  if (wanted.size === 0) {
    return [
      `${name}: metadata missing: add the class decorator of its contract, such as @ChatService()`,
    ];
  }
  return [...wanted]
    .filter((contract) => !contracts.includes(contract))
    .map(
      (contract) =>
        `${name}: metadata missing: add @${serviceName(contract)}() to the class, whose methods ` +
        `are decorated for contract "${contract.name}"`,
    );
}

function methodFaults(
  decorated: DecoratedClass,
  method: DecoratedMethod,
  contracts: ReadonlySet<ServedContract>,
): string[] {
  const { name, source, roles, dropped } = method;
  if (roles.length === 0 && dropped.length === 0) {
    // Its missing decorator is reported with the procedure.
    if ([...contracts].some((contract) => isProcedure(contract, name))) return [];
    return [
      `${source}: has decorators and serves nothing, so they never do anything: ` +
        'take them off, or make it a handler',
    ];
  }
  const faults = dropped.map(
    ({ role, source: base }) =>
      `${source}: overrides ${base} and drops its decorator: add ${roleDecoratorName(role)}`,
  );
  if (method.method === undefined) {
    const what = `${decorated.name}.${name}`;
    faults.push(`${what}: is decorated and is no method: a field or accessor cannot be served`);
  }
  for (const [index, role] of roles.entries()) {
    const definition = role.contract.members[role.member];
    if (roles.findIndex((other) => isSamePart(role, other)) < index) {
      faults.push(`${source}: is decorated twice for "${memberName(role)}": keep one of them`);
    } else if (role.kind === 'handler' && role.member !== name) {
      const mend = `rename it to "${role.member}"`;
      faults.push(`${source}: has ${roleDecoratorName(role)} and another name: ${mend}`);
    }
    if (definition) faults.push(...parameterFaults(method, role, definition));
  }
  return faults;
}

interface MemberPlace {
  readonly instance: object;
  readonly decorated: DecoratedClass;
  readonly contract: ServedContract;
  readonly member: string;
  readonly faults: string[];
}

function routeOf(place: MemberPlace): Route[] {
  const definition = place.contract.members[place.member] as MemberDefinition;
  if (definition.kind === 'topic') return [topicRoute(place, definition)];
  const found = findMethod(place, 'handler');
  if (found === undefined) {
    place.faults.push(...missingHandler(place));
    return [];
  }
  const { source, around } = found;
  const name = `${place.contract.name}.${place.member}`;
  return [{ ...around, name, source, definition, handler: found.run } as CallRoute | StreamRoute];
}

function topicRoute(place: MemberPlace, definition: TopicRoute['definition']): TopicRoute {
  const { contract, member, decorated } = place;
  const authorizer = findMethod(place, 'authorize');
  const publisher = findMethod(place, 'authorizePublish');
  return {
    ...(authorizer?.around ?? decorated.around),
    name: `${contract.name}.${member}`,
    source: authorizer?.source ?? decorated.name,
    definition,
    authorize: authorizer?.run as TopicRoute['authorize'],
    authorizePublish: publisher?.run as TopicRoute['authorizePublish'],
    publishing: {
      ...(publisher?.around ?? decorated.around),
      source: publisher?.source ?? decorated.name,
    },
  };
}

function missingHandler({ instance, decorated, contract, member }: MemberPlace): string[] {
  const hasFault = decorated.methods.some(({ dropped }) =>
    dropped.some(({ role }) => role.contract === contract && role.member === member),
  );
  if (hasFault) return [];
  const mend = `@${serviceName(contract)}.${member}()`;
  return member in instance
    ? [`${sourceOf(instance, member)}: has the name of a procedure and no decorator: add ${mend}`]
    : [`${decorated.name}: "${contract.name}.${member}" has no handler: add a method with ${mend}`];
}

interface FoundMethod extends DecoratedMethod {
  /** What the route calls. */
  readonly run: (...args: unknown[]) => unknown;
}

/** Finds the one method with a role. */
function findMethod(place: MemberPlace, kind: Role['kind']): FoundMethod | undefined {
  const { instance, contract, member, decorated, faults } = place;
  const found = decorated.methods.flatMap((method) => {
    const role = method.roles.find(
      (each) => each.kind === kind && each.contract === contract && each.member === member,
    );
    return role ? [{ ...method, isInjected: role.isInjected }] : [];
  });
  if (found.length > 1) {
    const sources = found.map(({ source }) => source).join(', ');
    const what = kind === 'handler' ? 'handlers' : `methods for "${kind}"`;
    const name = `"${contract.name}.${member}"`;
    faults.push(`${decorated.name}: ${name} has ${found.length} ${what}, ${sources}: keep one`);
  }
  const [method] = found;
  if (method === undefined) return undefined;
  // Without a method there is a fault already, and the route is never used.
  const run = method.method ? handlerFor(instance, method.method, method) : () => undefined;
  return { ...method, run };
}

function isProcedure(contract: ServedContract, name: string): boolean {
  const member = Object.hasOwn(contract.members, name) ? contract.members[name] : undefined;
  return member !== undefined && member.kind !== 'topic';
}

function memberName({ contract, member }: Role): string {
  return `${contract.name}.${member}`;
}
