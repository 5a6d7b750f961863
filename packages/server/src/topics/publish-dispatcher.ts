import {
  ENCODING,
  type Broker,
  type CallMessage,
  type PublishReceipt,
  type Runtime,
} from '@trunkline/protocol';
import type { TopicContext } from '../context.js';
import type { FinalMessage } from '../dispatcher.js';
import { ownError, toErrorMessage, type ReportFailure } from '../failure.js';
import type { ServerLimits } from '../limits.js';
import type { Pipeline } from '../pipeline.js';
import { asAnyContext, EventContext, type ContextSource } from '../request-context.js';
import type { TopicRoute } from '../route.js';
import { parseInput, readValue } from '../values.js';
import { keepOf, prepareRecord } from './record.js';
import { topicKey } from './topic-key.js';

/** What publishes of clients need. */
export interface PublishDispatcherOptions {
  readonly broker: Broker;
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  readonly pipelineOf: (route: TopicRoute) => Pipeline;
}

/** Publishes for clients: guards, params, authorizer, message, broker. */
export class PublishDispatcher {
  readonly #options: PublishDispatcherOptions;

  constructor(options: PublishDispatcherOptions) {
    this.#options = options;
  }

  /** Runs a publish. Rejects never: a failure is the ERROR that it resolves to. */
  async publish(
    route: TopicRoute,
    call: CallMessage,
    source: ContextSource,
  ): Promise<FinalMessage> {
    const context = new EventContext(source, 'publish', route.name);
    const progress = { executed: 'no' as 'no' | 'unknown' };
    try {
      return await this.#publish(route, call, { context, progress });
    } catch (error) {
      const { runtime, report } = this.#options;
      const mapped =
        this.#options.pipelineOf(route).mapError(error, asAnyContext(context)) ?? error;
      return toErrorMessage(call.id, mapped, {
        route,
        runtime,
        report,
        executed: progress.executed,
      });
    }
  }

  async #publish(
    route: TopicRoute,
    call: CallMessage,
    { context, progress }: { context: EventContext; progress: { executed: 'no' | 'unknown' } },
  ): Promise<FinalMessage> {
    const { broker, limits, pipelineOf } = this.#options;
    const { definition } = route;
    const raw = partsOf(readValue(call, limits));
    const pipeline = pipelineOf(route);
    const seen = asAnyContext(context);
    if (definition.publish !== 'client') {
      throw ownError('DENIED', 'clients do not publish on this topic', { executed: 'no' });
    }
    await pipeline.runGuards(seen);
    const params = await parseInput(definition.params, raw.params);
    const isAllowed = await route.authorizePublish?.(params, context as unknown as TopicContext);
    if (isAllowed !== true) throw ownError('DENIED', 'denied', { executed: 'no' });
    const receipt = await pipeline.around(seen, async () => {
      const record = await prepareRecord(definition, raw.message, this.#publishId(call, context));
      const topic = { key: topicKey(route.name, params), keep: keepOf(definition, limits) };
      progress.executed = 'unknown';
      return broker.publish(topic, record);
    });
    const published = receipt as PublishReceipt;
    return { kind: 'RESULT', id: call.id, encoding: ENCODING.NONE, bytes: NOTHING, published };
  }

  /** A publisher's name counts within its principal: nobody can use up the counters of another. */
  #publishId(call: CallMessage, context: EventContext): CallMessage['publishId'] {
    if (call.publishId === undefined) return undefined;
    const { publisher, counter } = call.publishId;
    return { publisher: `${context.principal ?? ''}/${publisher}`, counter };
  }
}

const NOTHING = new Uint8Array(0);

function partsOf(value: unknown): { params: unknown; message: unknown } {
  if (typeof value !== 'object' || value === null || !('message' in value)) {
    throw ownError('INVALID_INPUT', 'a publish has params and message', { executed: 'no' });
  }
  return { params: 'params' in value ? value.params : undefined, message: value.message };
}
