import { context, SpanKind } from '@opentelemetry/api';
import type { Tracer } from '@trunkline/protocol';
import { endAsked, requestAttributes } from './span-attributes.js';
import { traceContextOf } from './span-context.js';
import { tracerOf, type TraceOptions } from './trace-options.js';

/**
 * Gives each call, stream and publish of a client a span: `connect(url, { tracer: traceClient() })`.
 * The span belongs to the context that is active when it starts, and the server goes on from it.
 */
export function traceClient(options: TraceOptions = {}): Tracer {
  const tracer = tracerOf(options);
  return {
    start: (kind, name) => {
      const attributes = requestAttributes(kind, name);
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context.active());
      return { context: traceContextOf(span), end: (failure) => endAsked(span, failure) };
    },
  };
}
