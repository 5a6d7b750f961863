import type { Around, ErrorMapperLike, GuardLike, InterceptorLike } from '../routes/guard.js';
import { noteOnClass, noteOnMethod } from './metadata.js';

/** Stands on a class or on one of its methods. */
export interface AroundDecorator {
  (target: abstract new (...args: never[]) => unknown): void;
  <Method extends (...args: never[]) => unknown>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void;
}

/**
 * Puts guards before a method, or before all methods of a class. They run after the guards of the
 * server and of base classes, in the order in which they are read; an override keeps those of what
 * it overrides. A guard that several places name runs once.
 */
export function UseGuards(...guards: readonly GuardLike[]): AroundDecorator {
  return aroundDecorator('@UseGuards()', { guards });
}

/**
 * Puts interceptors around a method, or around all methods of a class. They stand inside those of
 * the server and of base classes, the first one outermost. An override keeps those of what it
 * overrides.
 */
export function UseInterceptors(...interceptors: readonly InterceptorLike[]): AroundDecorator {
  return aroundDecorator('@UseInterceptors()', { interceptors });
}

/**
 * Lets error mappers see what a method throws, or what any method of a class throws. Those of the
 * method are asked first, then those of its class, then the server's; the first answer counts.
 */
export function UseErrorMappers(...errorMappers: readonly ErrorMapperLike[]): AroundDecorator {
  return aroundDecorator('@UseErrorMappers()', { errorMappers });
}

function aroundDecorator(decorator: string, note: Partial<Around>): AroundDecorator {
  return (target: object, key?: string) => {
    const place = { target, key, decorator };
    if (typeof target === 'function' && key === undefined) noteOnClass(place, note);
    else noteOnMethod(place, note);
  };
}
