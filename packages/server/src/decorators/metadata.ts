import 'reflect-metadata';
import type { Around } from '../routes/guard.js';
import type { ServedContract } from '../routes/route.js';

/** The part that a method plays for a member of a contract. */
export interface Role {
  readonly kind: 'handler' | 'authorize' | 'authorizePublish';
  readonly contract: ServedContract;
  /** Name of the call, stream or topic. */
  readonly member: string;
  /** Whether each of its parameters says by a decorator what it gets. */
  readonly isInjected: boolean;
}

/** What a parameter asks for. */
export type ParameterSource =
  | 'input'
  | 'context'
  | 'signal'
  | 'user'
  | 'principal'
  | 'session'
  | 'items'
  | 'params';

/** What is noted of a parameter. */
export interface ParameterMark {
  readonly index: number;
  readonly source: ParameterSource;
}

/** What is noted of a method, at the class that declares it. */
export interface MethodMetadata extends Around {
  readonly roles: readonly Role[];
  readonly parameters: readonly ParameterMark[];
}

/** What is noted of a class itself. */
export interface ClassMetadata extends Around {
  readonly contracts: readonly ServedContract[];
  /** Names under which something is noted of a method. */
  readonly methods: readonly string[];
  /** Decorators that stand where they can do nothing, in words. */
  readonly strays: readonly string[];
}

/** What a decorator stands on: the arguments that the compiler gives it, and its own name. */
export interface DecoratorPlace {
  readonly target: object;
  readonly key: string | symbol | undefined;
  /** As it is written, for messages: `@UseGuards()`. */
  readonly decorator: string;
}

// Registered, so that two copies of this package read each other's notes.
const KEY = Symbol.for('@trunkline/server/metadata');

const AROUND: Around = { guards: [], interceptors: [], errorMappers: [] };
const NO_CLASS: ClassMetadata = { ...AROUND, contracts: [], methods: [], strays: [] };
const NO_METHOD: MethodMetadata = { ...AROUND, roles: [], parameters: [] };

/** Gives what is noted of a class itself, not of those it extends. */
export function classMetadata(prototype: object): ClassMetadata {
  return (Reflect.getOwnMetadata(KEY, prototype) as ClassMetadata | undefined) ?? NO_CLASS;
}

/** Gives what is noted of a method where this class declares it, not where it was inherited from. */
export function methodMetadata(prototype: object, name: string): MethodMetadata {
  return (Reflect.getOwnMetadata(KEY, prototype, name) as MethodMetadata | undefined) ?? NO_METHOD;
}

/** Notes something of a class. Throws a TypeError under a compiler with other decorators. */
export function noteOnClass(place: DecoratorPlace, note: Partial<ClassMetadata>): void {
  refuseStandardDecorators(place);
  const prototype = prototypeOf(place.target);
  Reflect.defineMetadata(KEY, before(note, classMetadata(prototype)), prototype);
}

/**
 * Notes something of a method under its class and name. So it outlives whatever replaces the
 * function. What stands on a static method, a symbol or a constructor is noted as a stray.
 * Throws a TypeError under a compiler with other decorators.
 */
export function noteOnMethod(place: DecoratorPlace, note: Partial<MethodMetadata>): void {
  refuseStandardDecorators(place);
  const { target, key } = place;
  const stray = strayOf(place);
  if (stray !== undefined) {
    noteOnClass({ ...place, key: undefined }, { strays: [stray] });
  } else if (typeof key === 'string') {
    const { methods } = classMetadata(target);
    if (!methods.includes(key)) noteOnClass({ ...place, key: undefined }, { methods: [key] });
    Reflect.defineMetadata(KEY, before(note, methodMetadata(target, key)), target, key);
  }
}

// Decorators are applied from the bottom up; putting the later one first keeps the order in which
// they are read.
function before<Metadata extends object>(note: Partial<Metadata>, noted: Metadata): Metadata {
  const entries = Object.entries(noted).map(([name, list]: [string, readonly unknown[]]) => {
    const added = (note as Readonly<Record<string, readonly unknown[]>>)[name] ?? [];
    return [name, [...added, ...list]];
  });
  return Object.fromEntries(entries) as Metadata;
}

function prototypeOf(target: object): object {
  return typeof target === 'function' ? (target.prototype as object) : target;
}

function strayOf({ target, key, decorator }: DecoratorPlace): string | undefined {
  if (key === undefined) return `${decorator} on a parameter of the constructor`;
  if (typeof target === 'function') return `${decorator} on static "${String(key)}"`;
  if (typeof key === 'symbol') return `${decorator} on ${String(key)}`;
  return undefined;
}

function refuseStandardDecorators({ key, decorator }: { key: unknown; decorator: string }): void {
  // Those get a context object where these get the name of the method, or nothing.
  if (typeof key !== 'object' || key === null) return;
  throw new TypeError(
    `${decorator} was compiled as a standard decorator: set "experimentalDecorators": true in ` +
      'tsconfig.json, which the compiler or bundler must read',
  );
}
