import type { Around } from '../routes/guard.js';
import type { ServedContract } from '../routes/route.js';
import {
  classMetadata,
  methodMetadata,
  type MethodMetadata,
  type ParameterMark,
  type Role,
} from './metadata.js';

/** Any function, to be called with whatever a contract says. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** A role that a base class gave to a method and that the method running instead does not have. */
interface DroppedRole {
  readonly role: Role;
  /** The method that has it: `BaseController.post`. */
  readonly source: string;
}

/** A method of an instance, with what is noted of it along its whole inheritance. */
export interface DecoratedMethod {
  readonly name: string;
  /** Where the method that runs is declared: `ChatController.post`. */
  readonly source: string;
  /** What runs; `undefined` when there is no method of that name. */
  readonly method: AnyFunction | undefined;
  readonly roles: readonly Role[];
  readonly dropped: readonly DroppedRole[];
  readonly parameters: readonly ParameterMark[];
  /** Its own and its class's, base classes included. */
  readonly around: Around;
}

/** An instance with what is noted of its class and of all that its class extends. */
export interface DecoratedClass {
  readonly name: string;
  readonly contracts: readonly ServedContract[];
  readonly methods: readonly DecoratedMethod[];
  /** What is noted of the class alone, for a member that no method decides on. */
  readonly around: Around;
  readonly strays: readonly string[];
}

/** Reads what is noted of an instance's class, of its methods and of the classes it extends. */
export function readDecoratedClass(instance: object): DecoratedClass {
  const chain = prototypesOf(instance);
  const levels = chain.map(classMetadata);
  const around = joinLevels(levels);
  // The latest note comes first, and methods are decorated in the order in which they stand.
  const names = new Set(levels.flatMap(({ methods }) => methods.toReversed()));
  return {
    name: classNameOf(chain.at(-1)),
    contracts: [...new Set(levels.flatMap(({ contracts }) => contracts))],
    methods: [...names].map((name) => readMethod(instance, { chain, name, around })),
    around,
    strays: chain.flatMap((prototype, index) =>
      (levels[index]?.strays ?? [])
        .toReversed()
        .map((stray) => `${classNameOf(prototype)}: ${stray}`),
    ),
  };
}

/** Tells which class a method is inherited from, in a name for messages: `BaseController.post`. */
export function sourceOf(instance: object, name: string): string {
  const chain = prototypesOf(instance);
  const owner = chain.findLast((prototype) => Object.hasOwn(prototype, name));
  return `${classNameOf(owner ?? chain.at(-1))}.${name}`;
}

interface MethodPlace {
  readonly chain: readonly object[];
  readonly name: string;
  /** What the class itself has around all of its methods. */
  readonly around: Around;
}

function readMethod(instance: object, { chain, name, around }: MethodPlace): DecoratedMethod {
  const owner = chain.findLast((prototype) => Object.hasOwn(prototype, name));
  const declared =
    owner ?? chain.findLast((prototype) => classMetadata(prototype).methods.includes(name));
  const own: MethodMetadata | undefined = declared && methodMetadata(declared, name);
  const roles = own?.roles ?? [];
  const dropped = chain
    .filter((prototype) => prototype !== declared)
    .flatMap((prototype) =>
      methodMetadata(prototype, name).roles.map((role) => ({
        role,
        source: `${classNameOf(prototype)}.${name}`,
      })),
    )
    .filter(({ role }) => !roles.some((other) => isSamePart(role, other)));
  return {
    name,
    source: sourceOf(instance, name),
    method: methodOf(instance, owner, name),
    roles,
    dropped,
    parameters: own?.parameters ?? [],
    around: within(around, joinLevels(chain.map((prototype) => methodMetadata(prototype, name)))),
  };
}

// A getter is not asked: it may answer differently next time, and it runs code of its own.
function methodOf(
  instance: object,
  owner: object | undefined,
  name: string,
): AnyFunction | undefined {
  // A field hides the method that was decorated.
  if (owner === undefined || Object.hasOwn(instance, name)) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
  return typeof value === 'function' ? (value as AnyFunction) : undefined;
}

/** Tells whether two roles are the same part for the same member. */
export function isSamePart(role: Role, other: Role): boolean {
  return (
    role.kind === other.kind && role.contract === other.contract && role.member === other.member
  );
}

// From base to derived. Guards and interceptors stand outermost first, so a base class comes
// first; the closest error mapper is asked first, so it comes last.
function joinLevels(levels: readonly Around[]): Around {
  return {
    guards: levels.flatMap(({ guards }) => guards),
    interceptors: levels.flatMap(({ interceptors }) => interceptors),
    errorMappers: levels.toReversed().flatMap(({ errorMappers }) => errorMappers),
  };
}

function within(outer: Around, inner: Around): Around {
  return {
    guards: [...outer.guards, ...inner.guards],
    interceptors: [...outer.interceptors, ...inner.interceptors],
    errorMappers: [...inner.errorMappers, ...outer.errorMappers],
  };
}

/** The prototypes of an instance, the most basic class first. */
function prototypesOf(instance: object): object[] {
  const chain: object[] = [];
  let prototype = Object.getPrototypeOf(instance) as object | null;
  while (prototype !== null && prototype !== Object.prototype) {
    chain.unshift(prototype);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return chain;
}

function classNameOf(prototype: object | undefined): string {
  const descriptor = prototype && Object.getOwnPropertyDescriptor(prototype, 'constructor');
  const constructor: unknown = descriptor?.value;
  return (typeof constructor === 'function' && constructor.name) || '(anonymous class)';
}
