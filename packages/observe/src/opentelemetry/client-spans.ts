import { context, SpanKind } from '@opentelemetry/api';
import type { Tracer } from '@trunkline/protocol';
import { endAsked, requestAttributes, topicAttributes } from './span-attributes.js';
import { remoteContext, spanContextOf, traceContextOf } from './span-context.js';
import { tracerOf, type TraceOptions } from './trace-options.js';

/**
 * Gives each call, stream and publish of a client a span: `connect(url, { tracer: traceClient() })`.
 * The span belongs to the context that is active when it starts, and the server goes on from it. A
 * topic message has one too, where the server tells of its publish.
 */
export function traceClient(options: TraceOptions = {}): Tracer {
  const tracer = tracerOf(options);
  return {
    start: (kind, name) => {
      const attributes = requestAttributes(kind, name);
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context.active());
      return { context: traceContextOf(span), end: (failure) => endAsked(span, failure) };
    },
    receive: (topic, published) => {
      const from = spanContextOf(published);
      const attributes = topicAttributes('receive', topic);
      const options = { kind: SpanKind.CONSUMER, attributes, links: [{ context: from }] };
      const span = tracer.startSpan(`receive ${topic}`, options, remoteContext(from));
      return { end: (failure) => endAsked(span, failure) };
    },
  };
}
