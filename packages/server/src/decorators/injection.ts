import type { MemberDefinition } from '@trunkline/contract';
import type { CallContext, StreamContext, TopicContext } from '../routes/context.js';
import type { AnyFunction, DecoratedMethod } from './decorated-class.js';
import type { ParameterMark, ParameterSource, Role } from './metadata.js';
import { parameterDecoratorName } from './parameter.js';
import { roleDecoratorName } from './service-name.js';

type AnyHandlerContext = CallContext | StreamContext | TopicContext;
type Pick = (value: unknown, context: AnyHandlerContext) => unknown;

const PICKS: Readonly<Record<ParameterSource, Pick>> = {
  input: (value) => value,
  params: (value) => value,
  context: (_, context) => context,
  user: (_, context) => context.user,
  principal: (_, context) => context.principal,
  session: (_, context) => context.session,
  signal: (_, context) => (context as CallContext).signal,
  items: (_, context) => (context as StreamContext).items,
};

const BASIC: readonly ParameterSource[] = ['context', 'user', 'principal', 'session'];

/**
 * Makes the function that a route calls. It is the method with its instance bound, or in the
 * injected form one that hands each parameter what its decorator says; parameters must have been
 * checked.
 */
export function handlerFor(
  instance: object,
  method: AnyFunction,
  { parameters, isInjected }: { parameters: readonly ParameterMark[]; isInjected: boolean },
): AnyFunction {
  if (!isInjected) return method.bind(instance);
  const picks = parameters
    .toSorted((one, other) => one.index - other.index)
    .map(({ source }) => PICKS[source]);
  return (value, context) =>
    method.apply(
      instance,
      picks.map((pick) => pick(value, context as AnyHandlerContext)),
    );
}

/** Lists what is wrong with the parameters of a method in one of its roles. */
export function parameterFaults(
  { source, method, parameters }: DecoratedMethod,
  role: Role,
  definition: MemberDefinition,
): string[] {
  const decorator = roleDecoratorName(role);
  if (!role.isInjected) {
    if (parameters.length === 0) return [];
    const names = parameters.map((mark) => parameterDecoratorName(mark.source)).join(', ');
    const mend = roleDecoratorName({ ...role, isInjected: true });
    return [`${source}: ${decorator} ignores ${names}: write ${mend}, or take them off`];
  }
  const needed = method?.length ?? 0;
  if (parameters.length === 0 && needed > 0) {
    const mend = roleDecoratorName({ ...role, isInjected: false });
    return [
      `${source}: ${decorator} finds no decorated parameters: decorate each, or write ${mend}`,
    ];
  }
  const count = Math.max(needed, ...parameters.map(({ index }) => index + 1));
  const allowed = allowedSources(role, definition);
  return [
    ...Array.from({ length: count }, (_, index) => countFault(source, index, parameters)),
    ...parameters
      .filter((mark) => !allowed.includes(mark.source))
      .map(
        (mark) =>
          `${source}: ${parameterDecoratorName(mark.source)} gives nothing in ${decorator}: ` +
          `allowed are ${allowed.map(parameterDecoratorName).join(', ')}`,
      ),
  ].filter((fault) => fault !== undefined);
}

function countFault(
  source: string,
  index: number,
  parameters: readonly ParameterMark[],
): string | undefined {
  const marks = parameters.filter((mark) => mark.index === index);
  if (marks.length === 1) return undefined;
  const place = `${source}: parameter ${index + 1}`;
  if (marks.length === 0) return `${place} has no decorator: add one such as @Input()`;
  const names = marks.map((mark) => parameterDecoratorName(mark.source)).join(', ');
  return `${place} has ${marks.length} decorators, ${names}: keep one`;
}

function allowedSources({ kind }: Role, definition: MemberDefinition): readonly ParameterSource[] {
  if (kind !== 'handler') return ['params', ...BASIC];
  const hasItems = definition.kind === 'stream' && definition.up !== undefined;
  return ['input', ...BASIC, 'signal', ...(hasItems ? (['items'] as const) : [])];
}
