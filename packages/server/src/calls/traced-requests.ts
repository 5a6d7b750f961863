import type { TraceFailure } from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import { Dispatcher, type DispatcherOptions, type Request } from './dispatcher.js';
import type { StreamReplies } from './stream-replies.js';
import type { FinalMessage } from '../final-message.js';
import type { RequestContext } from '../request-context.js';
import type { CallRoute, StreamRoute, TopicRoute } from '../routes/route.js';
import {
  PublishDispatcher,
  type PublishDispatcherOptions,
  type PublishRequest,
} from './publish-dispatcher.js';
import type { GuardedSpan, GuardedTracer } from '../tracing/guarded-tracer.js';
import type { ServedRequest } from '../tracing/server-tracer.js';

/** What runs the requests of clients is made from. */
export type RunnerOptions = DispatcherOptions & PublishDispatcherOptions;

/** Makes what runs the requests of clients, each within a span where somebody traces. */
export function createRunners(options: RunnerOptions): {
  readonly dispatcher: Dispatcher;
  readonly publishes: PublishDispatcher;
} {
  const { tracer } = options;
  if (tracer === undefined) {
    return { dispatcher: new Dispatcher(options), publishes: new PublishDispatcher(options) };
  }
  return {
    dispatcher: new TracedDispatcher(options, tracer),
    publishes: new TracedPublishDispatcher(options, tracer),
  };
}

/** Runs procedures as the dispatcher does, each within a span. */
class TracedDispatcher extends Dispatcher {
  readonly #tracer: GuardedTracer;

  constructor(options: DispatcherOptions, tracer: GuardedTracer) {
    super(options);
    this.#tracer = tracer;
  }

  override call(request: Request<CallRoute>): FinalMessage | Promise<FinalMessage> {
    const { context } = request;
    const span = this.#tracer.serve(requestOf('call', request.route.name, context));
    if (span === undefined) return super.call(request);
    const final = span.within(() => super.call(request));
    return endWith(span, final, context);
  }

  override stream(request: Request<StreamRoute>): StreamReplies {
    const { context } = request;
    const span = this.#tracer.serve(requestOf('stream', request.route.name, context));
    if (span === undefined) return super.stream(request);
    const replies = span.within(() => super.stream(request));
    context.ended = (reason) => span.end(reason);
    const settled = (message: { readonly kind: string }): void => {
      if (message.kind !== 'ITEM') span.end(failureOf(message));
    };
    return {
      next: () => {
        const reply = span.within(() => replies.next());
        if (isPromise(reply)) reply.then(settled, () => undefined);
        else settled(reply);
        return reply;
      },
      stop: () => span.within(() => replies.stop()),
    };
  }
}

/** Publishes for clients as its base does, each publish within a span. */
class TracedPublishDispatcher extends PublishDispatcher {
  readonly #tracer: GuardedTracer;

  constructor(options: PublishDispatcherOptions, tracer: GuardedTracer) {
    super(options);
    this.#tracer = tracer;
  }

  override publish(route: TopicRoute, request: PublishRequest): Promise<FinalMessage> {
    const { flight } = request;
    const span = this.#tracer.serve(requestOf('publish', route.name, flight));
    if (span === undefined) return super.publish(route, request);
    const final = span.within(() => super.publish(route, request));
    return endWith(span, final, flight);
  }
}

function requestOf(
  kind: ServedRequest['kind'],
  name: string,
  { trace, session }: RequestContext,
): ServedRequest {
  return { kind, name, trace, session };
}

/** Ends a span with the answer, or before it when the caller is answered in another way. */
function endWith<Final extends FinalMessage | Promise<FinalMessage>>(
  span: GuardedSpan,
  final: Final,
  context: RequestContext,
): Final {
  if (!isPromise(final)) {
    span.end(failureOf(final as FinalMessage));
    return final;
  }
  context.ended = (reason) => span.end(reason);
  final.then(
    (message) => span.end(failureOf(message)),
    () => undefined,
  );
  return final;
}

function failureOf(message: FinalMessage | { readonly kind: string }): TraceFailure | undefined {
  return message.kind === 'ERROR' ? (message as TraceFailure & { kind: 'ERROR' }) : undefined;
}
