import { TrunklineError } from '@trunkline/protocol';
import { aroundOf, joinAround } from './around.js';
import { isPromise } from '../chain.js';
import type { AnyContext } from '../routes/context.js';
import type { Around, ErrorMapper, Guard, Interceptor } from '../routes/guard.js';
import { isTopicRoute, type Route } from '../routes/route.js';

/** What runs around one procedure, topic or connection. */
export interface Pipeline {
  /**
   * Runs the guards one after the other. Throws DENIED, executed no, unless each says `true`, and
   * throws what a guard throws; at once when no guard has to wait, else as a rejection.
   */
  runGuards(context: AnyContext): void | Promise<void>;
  /** Whether anything runs around a handler; where nothing does, `around` need not be called. */
  readonly hasInterceptors: boolean;
  /** Runs interceptors around `invoke` and gives what comes out; at once when nothing waits. */
  around(context: AnyContext, invoke: () => unknown): unknown;
  /** Asks the error mappers, closest first; `undefined` when none has an answer. Never throws. */
  mapError(error: unknown, context: AnyContext): TrunklineError | undefined;
}

/** The pipelines of a server. Both functions may be passed on by themselves. */
export interface Pipelines {
  /** Around the opening of a session: what the server itself has. */
  readonly server: Pipeline;
  /** Around a route, always the same for the same route. What it runs depends on the kind of use. */
  readonly of: (route: Route) => Pipeline;
}

/** Told of an error mapper that failed, and of where that was. */
export type ReportMapper = (error: unknown, where: string) => void;

/**
 * Makes the pipelines of a server. A guard, interceptor or error mapper may be an object, a class,
 * which is made once, or a function. A function is a class if it was written with `class` or if its
 * prototype has the method. Throws a TypeError, here and in `of`, for what is none of them.
 */
export function createPipelines(server: Around, report: ReportMapper): Pipelines {
  const made = new Map<object, object>();
  const pipelines = new Map<Route, Pipeline>();
  const create = (around: Around, where: string): Pipeline =>
    new Onion({
      where,
      report,
      guards: around.guards.map((like) => bindLike<Guard>(like, 'canActivate', { made, where })),
      interceptors: around.interceptors.map((like) =>
        bindLike<Interceptor>(like, 'intercept', { made, where }),
      ),
      errorMappers: around.errorMappers.map((like) =>
        bindLike<ErrorMapper>(like, 'mapError', { made, where }),
      ),
    });
  const createFor = (route: Route): Pipeline => {
    const own = create(joinAround(server, route), route.name);
    if (!isTopicRoute(route) || route.publishing === undefined) return own;
    const around = joinAround(server, aroundOf(route, 'publish'));
    return new TopicPipeline(own, create(around, route.name));
  };
  return {
    server: create(server, 'the server'),
    of: (route) => {
      let pipeline = pipelines.get(route);
      if (pipeline === undefined) pipelines.set(route, (pipeline = createFor(route)));
      return pipeline;
    },
  };
}

interface OnionParts {
  readonly where: string;
  readonly report: ReportMapper;
  readonly guards: readonly Guard['canActivate'][];
  readonly interceptors: readonly Interceptor['intercept'][];
  readonly errorMappers: readonly ErrorMapper['mapError'][];
}

class Onion implements Pipeline {
  readonly hasInterceptors: boolean;
  readonly #parts: OnionParts;

  constructor(parts: OnionParts) {
    this.#parts = parts;
    this.hasInterceptors = parts.interceptors.length > 0;
  }

  runGuards(context: AnyContext): void | Promise<void> {
    const { guards } = this.#parts;
    let index = 0;
    for (const guard of guards) {
      index++;
      const verdict = guard(context);
      if (isPromise(verdict)) return runRest(verdict, guards.slice(index), context);
      assertAllowed(verdict);
    }
  }

  around(context: AnyContext, invoke: () => unknown): unknown {
    const { interceptors } = this.#parts;
    const step = (index: number): unknown => {
      const intercept = interceptors[index];
      return intercept === undefined ? invoke() : intercept(context, () => noted(step(index + 1)));
    };
    return step(0);
  }

  mapError(error: unknown, context: AnyContext): TrunklineError | undefined {
    const { errorMappers, report, where } = this.#parts;
    for (const map of errorMappers) {
      try {
        const mapped: unknown = map(error, context);
        if (mapped instanceof TrunklineError) return mapped;
        if (isPromise(mapped)) void Promise.resolve(mapped).catch((late) => report(late, where));
        if (mapped !== undefined) throw new TypeError('an error mapper gave no TrunklineError');
      } catch (failure) {
        report(failure, where);
      }
    }
    return undefined;
  }
}

/** An interceptor may leave what it is given; its rejection must not end the process then. */
function noted(result: unknown): unknown {
  // Nothing else than a promise: the `then` of others may start their work once more.
  if (result instanceof Promise) result.catch(() => undefined);
  return result;
}

/** Chooses by the kind of use, so that nobody who runs it can choose wrongly. */
class TopicPipeline implements Pipeline {
  constructor(
    private readonly subscribing: Pipeline,
    private readonly publishing: Pipeline,
  ) {}

  get hasInterceptors(): boolean {
    return this.subscribing.hasInterceptors || this.publishing.hasInterceptors;
  }

  runGuards(context: AnyContext): void | Promise<void> {
    return this.#for(context).runGuards(context);
  }

  around(context: AnyContext, invoke: () => unknown): unknown {
    return this.#for(context).around(context, invoke);
  }

  mapError(error: unknown, context: AnyContext): TrunklineError | undefined {
    return this.#for(context).mapError(error, context);
  }

  #for(context: AnyContext): Pipeline {
    return context.kind === 'publish' ? this.publishing : this.subscribing;
  }
}

async function runRest(
  verdict: PromiseLike<boolean>,
  guards: readonly Guard['canActivate'][],
  context: AnyContext,
): Promise<void> {
  assertAllowed(await verdict);
  for (const guard of guards) assertAllowed(await guard(context));
}

function assertAllowed(verdict: unknown): void {
  if (verdict !== true) throw new TrunklineError('DENIED', 'denied', { executed: 'no' });
}

interface LikePlace {
  /** Instances of classes, each made once for a server. */
  readonly made: Map<object, object>;
  readonly where: string;
}

type MethodOf<Thing> = Thing[keyof Thing];

function bindLike<Thing extends object>(
  like: object,
  name: keyof Thing & string,
  { made, where }: LikePlace,
): MethodOf<Thing> {
  if (typeof like === 'function' && !isClass(like, name)) return like as MethodOf<Thing>;
  const thing = typeof like === 'function' ? instanceOf(like as new () => object, made) : like;
  const method: unknown = (thing as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  if (typeof method === 'function') return method.bind(thing) as MethodOf<Thing>;
  const found = typeof like === 'function' ? `class "${like.name}"` : typeof like;
  throw new TypeError(
    `${where} is given a ${found} without ${name}(): expected a function, an object with ` +
      `${name}(), or a class whose instances have it`,
  );
}

function isClass(like: object, name: string): boolean {
  const prototype = Object.getOwnPropertyDescriptor(like, 'prototype');
  // The prototype of what was written with `class` cannot be replaced; that of a function can.
  return (
    prototype !== undefined &&
    (prototype.writable === false || typeof prototype.value?.[name] === 'function')
  );
}

function instanceOf(like: new () => object, made: Map<object, object>): object {
  const instance = made.get(like) ?? new like();
  made.set(like, instance);
  return instance;
}
