import type { TopicDefinition, TopicParams } from '@trunkline/contract';
import type { TopicContext } from '../routes/context.js';
import type { Handler, HandlerResult, Members, ProcedureNames } from '../routes/handlers.js';
import type { ServedContract } from '../routes/route.js';
import { noteOnClass, noteOnMethod, type Role } from './metadata.js';
import { roleDecoratorName, serviceName } from './service-name.js';

/** Stands on a class that has a method for each call and stream of the contract. */
interface ServiceClassDecorator<M extends Members> {
  // Results only: what its parameters may be is checked where a method is decorated.
  <
    Class extends abstract new (...args: never[]) => {
      [Name in ProcedureNames<M>]: (...args: never[]) => HandlerResult<M[Name]>;
    },
  >(
    target: Class,
  ): void;
}

/** Makes the decorators of a call or stream. The method has the procedure's name. */
interface HandlerDecorators<D, Name extends string> {
  /** For a method of the shape `(input, context)`, which the compiler checks whole. */
  (): <Method extends Handler<D>>(
    target: object,
    key: Name,
    descriptor: TypedPropertyDescriptor<Method>,
  ) => void;
  /**
   * For a method with a decorator on every parameter. The compiler checks what it returns; which
   * parameters are decorated is checked when the server starts, their types are not.
   */
  injected(): <Method extends (...args: never[]) => HandlerResult<D>>(
    target: object,
    key: Name,
    descriptor: TypedPropertyDescriptor<Method>,
  ) => void;
}

/** Makes the decorators of a method that decides on a topic. The method's name is free. */
interface AuthorizerDecorators<D extends TopicDefinition> {
  /** For a method of the shape `(params, context)`, which the compiler checks whole. */
  (): <
    Method extends (params: TopicParams<D>, context: TopicContext) => boolean | Promise<boolean>,
  >(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ) => void;
  /** For a method with a decorator on every parameter; only its result is checked here. */
  injected(): <Method extends (...args: never[]) => boolean | Promise<boolean>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ) => void;
}

/** The decorators of a topic. */
interface TopicDecorators<D extends TopicDefinition> {
  /** For the method that decides who may subscribe. */
  readonly authorize: AuthorizerDecorators<D>;
  /** For the method that decides which client may publish. */
  readonly authorizePublish: AuthorizerDecorators<D>;
}

/** The decorators of a contract: for its class, and by name for each of its members. */
export type ServiceDecorators<C extends { readonly members: Members }> = {
  (): ServiceClassDecorator<C['members']>;
} & {
  readonly [Name in keyof C['members'] & string]: C['members'][Name] extends TopicDefinition
    ? TopicDecorators<C['members'][Name]>
    : HandlerDecorators<C['members'][Name], Name>;
};

/**
 * Makes the decorators of a contract. They note which method serves what and do nothing else: the
 * method itself stays the handler. What the compiler cannot see fails when the server starts.
 */
export function serviceDecorators<C extends ServedContract>(contract: C): ServiceDecorators<C> {
  const classDecorator = () => (target: object, key?: undefined) => {
    noteOnClass(
      { target, key, decorator: `@${serviceName(contract)}()` },
      { contracts: [contract] },
    );
  };
  for (const [member, { kind }] of Object.entries(contract.members)) {
    const value =
      kind === 'topic'
        ? {
            authorize: roleDecorators({ kind: 'authorize', contract, member }),
            authorizePublish: roleDecorators({ kind: 'authorizePublish', contract, member }),
          }
        : roleDecorators({ kind: 'handler', contract, member });
    Object.defineProperty(classDecorator, member, { value, enumerable: true });
  }
  return classDecorator as unknown as ServiceDecorators<C>;
}

function roleDecorators(part: Omit<Role, 'isInjected'>): object {
  const direct = () => roleDecorator({ ...part, isInjected: false });
  const injected = () => roleDecorator({ ...part, isInjected: true });
  return Object.assign(direct, { injected });
}

function roleDecorator(role: Role): (target: object, key: string) => void {
  const decorator = roleDecoratorName(role);
  return (target, key) => noteOnMethod({ target, key, decorator }, { roles: [role] });
}
