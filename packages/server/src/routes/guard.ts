import type { TrunklineError } from '@trunkline/protocol';
import type { AnyContext } from './context.js';

/** Decides whether something may happen. Everything but `true` denies it, throwing included. */
export interface Guard {
  canActivate(context: AnyContext): boolean | Promise<boolean>;
}

/** Runs around a handler: may look at, replace or refuse what `next` gives. */
export interface Interceptor {
  intercept(context: AnyContext, next: () => unknown): unknown;
}

/** Turns what a handler threw into an error for the client; `undefined` leaves it to the next. */
export interface ErrorMapper {
  mapError(error: unknown, context: AnyContext): TrunklineError | undefined;
}

/** A guard as a function, an object, or a class that the server makes once. */
export type GuardLike = Guard | (new () => Guard) | Guard['canActivate'];

/** An interceptor as a function, an object, or a class that the server makes once. */
export type InterceptorLike = Interceptor | (new () => Interceptor) | Interceptor['intercept'];

/** An error mapper as a function, an object, or a class that the server makes once. */
export type ErrorMapperLike = ErrorMapper | (new () => ErrorMapper) | ErrorMapper['mapError'];

/**
 * What runs around a procedure. Guards and interceptors stand outermost first, error mappers in the
 * order in which they are asked.
 */
export interface Around {
  readonly guards: readonly GuardLike[];
  readonly interceptors: readonly InterceptorLike[];
  readonly errorMappers: readonly ErrorMapperLike[];
}
