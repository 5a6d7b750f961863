import type { PublishBy } from '@trunkline/protocol';
import type {
  CallDefinition,
  CallOptions,
  ErrorSchemas,
  MemberDefinition,
  StreamDefinition,
  StreamOptions,
  TopicDefinition,
  TopicOptions,
} from './definition.js';
import { clientCodec } from './member-codec.js';
import { defOf, isSchema, type Schema } from './schema/schema.js';

// What was given stays on a definition whole, also what is wrong with it: a definition has no
// name yet, and `contract()` reports all problems at once, each under its path.

/** Defines a call: one input, one output or one typed error. Checked by `contract()`. */
export function call<
  Input extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
  Errors extends ErrorSchemas = {},
>(options: CallOptions<Input, Output, Errors> = {}): CallDefinition<Input, Output, Errors> {
  return withCodec({
    ...options,
    kind: 'call',
    '~definition': true,
    input: options.input,
    output: options.output,
    errors: options.errors ?? {},
    idempotent: options.idempotent ?? false,
  }) as CallDefinition<Input, Output, Errors>;
}

/**
 * Defines a stream: a call with items up, down or both ways. At least one of `up` and `down` must
 * be there. Checked by `contract()`.
 */
export function stream<
  Input extends Schema | undefined = undefined,
  Up extends Schema | undefined = undefined,
  Down extends Schema | undefined = undefined,
  Output extends Schema | undefined = undefined,
  Errors extends ErrorSchemas = {},
>(
  options: StreamOptions<Input, Up, Down, Output, Errors>,
): StreamDefinition<Input, Up, Down, Output, Errors> {
  return withCodec({
    ...options,
    kind: 'stream',
    '~definition': true,
    input: options.input,
    up: options.up,
    down: options.down,
    output: options.output,
    errors: options.errors ?? {},
    hasUp: options.up !== undefined,
    hasDown: options.down !== undefined,
    hasOutput: options.output !== undefined,
  }) as StreamDefinition<Input, Up, Down, Output, Errors>;
}

// NoInfer: else the "server or client" that `contract()` expects of a topic would be inferred.
/**
 * Defines a topic: a named, parameterised channel of messages in one order. Only the server
 * publishes, unless `publish` says `'client'`. Checked by `contract()`.
 */
export function topic<
  Message extends Schema,
  Params extends Schema | undefined = undefined,
  Publish extends PublishBy = 'server',
  const Snapshot extends string | undefined = undefined,
>(
  options: TopicOptions<Params, Message, Publish, Snapshot>,
): TopicDefinition<Params, Message, NoInfer<Publish>, NoInfer<Snapshot>> {
  return withCodec({
    ...options,
    kind: 'topic',
    '~definition': true,
    params: options.params,
    publish: options.publish ?? 'server',
    public: options.public ?? false,
    paramNames: paramNamesOf(options.params),
    keeps: options.keep !== undefined,
  }) as TopicDefinition<Params, Message, Publish, Snapshot>;
}

/** Its layouts are read when somebody calls it, and not before. */
function withCodec(definition: object): unknown {
  const get = (): unknown => clientCodec(definition as MemberDefinition);
  return Object.freeze(Object.defineProperty(definition, 'codec', { get, enumerable: false }));
}

function paramNamesOf(params: unknown): readonly string[] {
  if (!isSchema(params)) return [];
  const def = defOf(params);
  return def.type === 'object' ? Object.keys(def.shape).sort() : [];
}
