import type { Schema } from '@trunkline/contract';
import type { SchemaCodec } from '@trunkline/contract/codecs';
import {
  ENCODING,
  type Broker,
  type CallMessage,
  type BrokerRecord,
  type BrokerTopic,
  type PublishReceipt,
  type Runtime,
} from '@trunkline/protocol';
import type { AnyContext } from '../routes/context.js';
import type { FinalMessage } from '../final-message.js';
import { ownError, toErrorMessage, type ReportFailure } from '../failure.js';
import type { ServerLimits } from '../limits/limits.js';
import type { Observation } from '../observe/observation.js';
import type { Pipeline } from '../guards/pipeline.js';
import {
  asAnyContext,
  asTopicContext,
  EventContext,
  type ContextSource,
  type RequestContext,
} from '../request-context.js';
import type { TopicRoute } from '../routes/route.js';
import type { GuardedTracer } from '../tracing/guarded-tracer.js';
import { parseInput, readValue } from '../values.js';
import { PublishTurns, type PublishTurn } from './publish-turns.js';
import { keepOf, prepareRecord } from '../topics/record.js';
import { topicKey } from '../topics/topic-key.js';

/** What publishes of clients need. */
export interface PublishDispatcherOptions {
  readonly broker: Broker;
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  readonly pipelineOf: (route: TopicRoute) => Pipeline;
  /** Gives each record that goes to the broker its span. */
  readonly tracer?: GuardedTracer | undefined;
  readonly observation: Observation | undefined;
}

/** A client's publish on its way. */
export interface PublishRequest {
  readonly call: CallMessage;
  /** Reads what is published; `undefined` where the client has another layout. */
  readonly codec: SchemaCodec<Schema> | undefined;
  readonly source: ContextSource;
  /** Says when the caller has left, and is told when the broker was asked. */
  readonly flight: RequestContext;
}

/** Publishes for clients: guards, params, authorizer, message, broker. */
export class PublishDispatcher {
  readonly #options: PublishDispatcherOptions;
  readonly #turns = new PublishTurns();

  constructor(options: PublishDispatcherOptions) {
    this.#options = options;
  }

  /** Runs a publish. Rejects never: a failure is the ERROR that it resolves to. */
  async publish(route: TopicRoute, request: PublishRequest): Promise<FinalMessage> {
    const { call, source, flight } = request;
    const context = new EventContext(source, 'publish', route.name);
    context.trace = flight.trace;
    const turn = this.#turns.enter(route.name, flight);
    try {
      return await this.#publish(route, request, { context, turn });
    } catch (error) {
      const { runtime, report, pipelineOf } = this.#options;
      // An interceptor may still hold the way to the broker, which must not be asked any more.
      flight.isSettled = true;
      const mapped = pipelineOf(route).mapError(error, asAnyContext(context)) ?? error;
      const executed = flight.isStarted ? 'unknown' : 'no';
      return toErrorMessage(call.id, mapped, { route, runtime, report, executed });
    } finally {
      turn.leave();
    }
  }

  async #publish(
    route: TopicRoute,
    { call, codec, flight }: PublishRequest,
    { context, turn }: { readonly context: EventContext; readonly turn: PublishTurn },
  ): Promise<FinalMessage> {
    const { limits, pipelineOf } = this.#options;
    const { definition } = route;
    const raw = partsOf(readValue(call, limits, codec));
    const pipeline = pipelineOf(route);
    const seen = asAnyContext(context);
    if (definition.publish !== 'client') {
      throw ownError('DENIED', 'clients do not publish on this topic', { executed: 'no' });
    }
    await pipeline.runGuards(seen);
    const params = await parseInput(definition.params, raw.params);
    const isAllowed = await route.authorizePublish?.(params, asTopicContext(context));
    if (isAllowed !== true) throw ownError('DENIED', 'denied', { executed: 'no' });
    flight.assertOpen();
    const published = await publishWithin(pipeline, seen, async () => {
      const record = await prepareRecord(definition, raw.message, this.#publishId(call, context));
      const topic = { key: topicKey(route.name, params), keep: keepOf(definition, limits) };
      await this.#turns.wait(turn);
      flight.assertOpen();
      flight.isStarted = true;
      flight.watch?.handlerStarts();
      const receipt = this.#send(route.name, topic, record);
      this.#options.observation?.published(receipt, {
        topic: route.name,
        by: 'client',
        bytes: record.bytes.length,
      });
      turn.leave();
      return receipt;
    });
    return { kind: 'RESULT', id: call.id, encoding: ENCODING.NONE, bytes: NOTHING, published };
  }

  #send(name: string, topic: BrokerTopic, record: BrokerRecord): Promise<PublishReceipt> {
    const { broker, tracer } = this.#options;
    if (tracer === undefined) return broker.publish(topic, record);
    return tracer.ask('publish', name, (trace) => broker.publish(topic, { ...record, trace }));
  }

  /** A publisher's name counts within its principal: nobody can use up the counters of another. */
  #publishId(call: CallMessage, context: EventContext): CallMessage['publishId'] {
    if (call.publishId === undefined) return undefined;
    const { publisher, counter } = call.publishId;
    const principal = context.principal ?? '';
    return { publisher: `${principal.length}:${principal}/${publisher}`, counter };
  }
}

/** Whatever interceptors make of it, the client gets the broker's own receipt. */
async function publishWithin(
  pipeline: Pipeline,
  context: AnyContext,
  publish: () => Promise<PublishReceipt>,
): Promise<PublishReceipt> {
  let publishing: Promise<PublishReceipt> | undefined;
  await pipeline.around(context, () => {
    publishing = publish();
    // An interceptor may fail without waiting for it.
    publishing.catch(() => undefined);
    return publishing;
  });
  if (publishing === undefined) throw new TypeError('an interceptor of a publish called no next()');
  return publishing;
}

const NOTHING = new Uint8Array(0);

function partsOf(value: unknown): { params: unknown; message: unknown } {
  if (typeof value !== 'object' || value === null || !('message' in value)) {
    throw ownError('INVALID_INPUT', 'a publish has params and message', { executed: 'no' });
  }
  return { params: 'params' in value ? value.params : undefined, message: value.message };
}
