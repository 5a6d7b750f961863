import {
  validate,
  type MemberDefinition,
  type SchemaInput,
  type TopicDefinition,
  type TopicMessageInput,
} from '@trunkline/contract';
import {
  systemRuntime,
  TrunklineError,
  WIRE_DEFAULTS,
  type Broker,
  type BrokerRecord,
  type BrokerTopic,
  type ContractShape,
  type PublishId,
  type PublishReceipt,
  type Runtime,
  type TraceContext,
  type Tracer,
} from '@trunkline/protocol';
import { chain } from '../chain.js';
import { localError } from '../failure.js';
import { resolveServerLimits, type ServerLimits } from '../limits/limits.js';
import { assertObservers } from '../observe/assert-observers.js';
import { observedBroker } from './observed-broker.js';
import type { Observer } from '../observe/observer.js';
import { printFailure } from '../process-edge.js';
import { refuseUnknown } from '../refuse-unknown.js';
import { GuardedTracer } from '../tracing/guarded-tracer.js';
import { misfit } from '../values.js';
import { keepOf, prepareRecord } from './record.js';
import { topicKey } from './topic-key.js';
import { TurnBudget } from './turn-budget.js';

/** Options of one publish. */
export interface PublishOptions {
  /**
   * Makes it safe to repeat. Counters of a publisher grow on each topic, and what is uncertain is
   * repeated, under its own counter, before anything newer: a lower counter counts as stored.
   */
  readonly publishId?: PublishId;
}

/** One topic to publish on. */
export interface OpenTopic<Message> {
  /**
   * Parses the message, encodes it once and gives it to the broker, in the order of the calls. After
   * 256 KiB in one turn it resolves in a later one, so that a loop leaves time for others. Rejects
   * with `INVALID_INPUT` and the issues, with `TOO_LARGE`, or as the broker does. A handler that lets
   * the first two through answers INTERNAL: what does not fit is the server's own.
   */
  readonly publish: (message: Message, options?: PublishOptions) => Promise<PublishReceipt>;
}

type ParamsArgument<Params> = [Params] extends [undefined]
  ? []
  : Record<never, never> extends Params
    ? [params?: Params]
    : [params: Params];

/** Names a topic by its params. Throws `INVALID_INPUT` or `TOO_LARGE` for params that do not fit. */
export type TopicPublisher<Params, Message> = (
  ...params: ParamsArgument<Params>
) => OpenTopic<Message>;

type Members = Readonly<Record<string, MemberDefinition>>;

type PublishersOf<M extends Members> = {
  readonly [Name in keyof M as M[Name] extends TopicDefinition ? Name : never]: TopicPublisher<
    M[Name] extends TopicDefinition ? SchemaInput<M[Name]['params']> : never,
    M[Name] extends TopicDefinition ? TopicMessageInput<M[Name]> : never
  >;
};

/** A publisher for each topic of a contract: `Topics<typeof chat>`. */
export type Topics<Contract extends { readonly members: Members }> = PublishersOf<
  Contract['members']
>;

/** Options of the publishers of a contract. */
export interface TopicsOptions {
  /** What topics keep that say no more than that they keep something. */
  readonly limits?: Partial<ServerLimits>;
  readonly runtime?: Runtime;
  /** Told of each publish by `publishEnded`. */
  readonly observers?: readonly Observer[];
  /** Gives each publish a span, with which deliveries on all nodes go on. */
  readonly tracer?: Tracer;
}

/** A class of the publishers of a contract, to extend and to inject. */
export type TopicsClass<Publishers> = new (broker: Broker, options?: TopicsOptions) => Publishers;

const OPTIONS: readonly (keyof TopicsOptions)[] = ['limits', 'runtime', 'observers', 'tracer'];
const PUBLISH_OPTIONS: readonly (keyof PublishOptions)[] = ['publishId'];

/** Makes a publisher for each topic of a contract; a process without a server can have them too. */
export function createTopics<M extends Members>(
  contract: ContractShape & { readonly members: M },
  ownBroker: Broker,
  options: TopicsOptions = {},
): PublishersOf<M> {
  if (typeof (ownBroker as Partial<Broker> | undefined)?.publish !== 'function') {
    const given = typeof ownBroker;
    throw new TypeError(
      `the topics of a contract need a broker, such as that of the server, not "${given}"`,
    );
  }
  refuseUnknown('unknown option of topics', options, OPTIONS);
  const { observers, runtime = systemRuntime } = options;
  assertObservers(observers);
  const broker = observedBroker(ownBroker, { observers, runtime });
  const limits = resolveServerLimits(options.limits);
  const outlet = new Outlet(broker, runtime, options.tracer);
  const publishers: Record<string, (params?: unknown) => OpenTopic<unknown>> = {};
  for (const [member, definition] of Object.entries(contract.members)) {
    if (definition.kind !== 'topic') continue;
    const name = `${contract.name}.${member}`;
    const keep = keepOf(definition, limits);
    publishers[member] = (params) => {
      const topic = { key: keyOf(name, definition, params), keep };
      const place = { name, definition, topic };
      const publishWith = async (message: unknown, own: PublishOptions) => {
        refuseUnknown(`${name}: unknown option`, own, PUBLISH_OPTIONS);
        return outlet.publish(place, message, own.publishId);
      };
      return {
        publish: (message, own) =>
          own === undefined ? outlet.publish(place, message, own) : publishWith(message, own),
      };
    };
  }
  return publishers as PublishersOf<M>;
}

/** Makes the base of a contract's publishers: `class ChatTopics extends TopicsOf(chat) {}`. */
export function TopicsOf<M extends Members>(
  contract: ContractShape & { readonly members: M },
): TopicsClass<PublishersOf<M>> {
  class ContractTopics {
    constructor(broker: Broker, options?: TopicsOptions) {
      Object.assign(this, createTopics(contract, broker, options));
    }
  }
  return ContractTopics as TopicsClass<PublishersOf<M>>;
}

function parseParams(name: string, { params: schema }: TopicDefinition, params: unknown): unknown {
  if (schema === undefined) return undefined;
  const parsed = validate(schema, params ?? {});
  if (parsed instanceof Promise) {
    parsed.catch(() => undefined);
    throw new TypeError(
      `params of topic "${name}" are part of its key: none may wait for a promise`,
    );
  }
  if (parsed.ok) return parsed.value;
  throw misfit('params object', parsed);
}

function keyOf(name: string, definition: TopicDefinition, params: unknown): string {
  try {
    return topicKey(name, parseParams(name, definition, params));
  } catch (error) {
    throw ourFault(name, error);
  }
}

/**
 * What is wrong with a client's own publish crosses to it whole. Thrown on by a handler that
 * publishes it would lay the server's fault at its caller's door and tell of data that is not the
 * caller's, so here it becomes an error that never crosses.
 */
function ourFault(name: string, error: unknown): unknown {
  if (!(error instanceof TrunklineError)) return error;
  const { code, message, data } = error;
  const text = `cannot publish on "${name}": ${message}`;
  return localError(code, text, { data, where: name, executed: 'no', cause: error });
}

/** What a record costs beside its bytes, so that empty ones do not come for nothing. */
const RECORD_COST = 64;

/** A topic on which is published, and what its messages are. */
interface Place {
  readonly name: string;
  readonly definition: TopicDefinition;
  readonly topic: BrokerTopic;
}

/** Where the records of one publishers object leave, in the order of the calls. */
class Outlet {
  readonly #broker: Broker;
  readonly #budget: TurnBudget;
  readonly #tracer: GuardedTracer | undefined;
  /** Ends when the last record that has to wait was given to the broker, or given up. */
  #waiting: Promise<void> | undefined;

  constructor(broker: Broker, runtime: Runtime, tracer: Tracer | undefined) {
    this.#broker = broker;
    // More than a connection writes ahead could not leave in this turn anyway.
    this.#budget = new TurnBudget(runtime, WIRE_DEFAULTS.writeAheadBytes);
    this.#tracer = tracer && new GuardedTracer(tracer, printFailure);
  }

  /** Without a promise of its own where nothing has to be waited for: many publishes are a loop. */
  publish(
    place: Place,
    message: unknown,
    publishId: PublishId | undefined,
  ): Promise<PublishReceipt> {
    if (this.#tracer === undefined) return this.#publish(place, message, { publishId });
    return this.#tracer.ask('publish', place.name, (trace) =>
      this.#publish(place, message, { publishId, trace }),
    );
  }

  #publish(
    { name, definition, topic }: Place,
    message: unknown,
    { publishId, trace }: { publishId: PublishId | undefined; trace?: TraceContext | undefined },
  ): Promise<PublishReceipt> {
    let record: BrokerRecord | Promise<BrokerRecord>;
    try {
      const prepared = prepareRecord(definition, message, publishId);
      record = trace === undefined ? prepared : chain(prepared, (one) => ({ ...one, trace }));
    } catch (error) {
      return Promise.reject(ourFault(name, error));
    }
    if (record instanceof Promise || this.#waiting !== undefined) {
      return this.#publishLater({ name, topic, record });
    }
    const sent = this.#send(topic, record);
    const { pause } = this.#budget;
    return pause === undefined ? sent : sent.then((receipt) => pause.then(() => receipt));
  }

  async #publishLater({
    name,
    topic,
    record,
  }: {
    readonly name: string;
    readonly topic: BrokerTopic;
    readonly record: BrokerRecord | Promise<BrokerRecord>;
  }): Promise<PublishReceipt> {
    const fault = (error: unknown): never => {
      throw ourFault(name, error);
    };
    const own = record instanceof Promise ? record.catch(fault) : record;
    const receipt = await this.#sendLater(topic, own);
    await this.#budget.pause;
    return receipt;
  }

  #send(topic: BrokerTopic, record: BrokerRecord): Promise<PublishReceipt> {
    const sent = this.#broker.publish(topic, record);
    // Behind what it causes: at the end of the turn that is written before anything is published.
    this.#budget.spend(record.bytes.length + RECORD_COST);
    return sent;
  }

  async #sendLater(
    topic: BrokerTopic,
    record: BrokerRecord | Promise<BrokerRecord>,
  ): Promise<PublishReceipt> {
    const before = this.#waiting;
    // Binary messages are the caller's own bytes, which may change while this waits.
    const own =
      record instanceof Promise ? record : { ...record, bytes: new Uint8Array(record.bytes) };
    const sent = Promise.all([own, before]).then(([ready]) => ({
      receipt: this.#send(topic, ready),
    }));
    const waiting = sent
      .then(
        () => undefined,
        () => before,
      )
      .then(() => {
        if (this.#waiting === waiting) this.#waiting = undefined;
      });
    this.#waiting = waiting;
    return (await sent).receipt;
  }
}
