import { readTraceContext, type ProcedureKind, type TraceSpan } from '@trunkline/protocol';
import type { CallPort } from './call-port.js';

/**
 * Starts the span of a call, stream or publish where somebody traces. What the tracer throws goes to
 * the error hook, and so does a context that the server would not take: the call goes on without.
 */
export function startSpan(
  { tracer, onError }: CallPort,
  kind: ProcedureKind,
  name: string,
): TraceSpan | undefined {
  if (tracer === undefined) return undefined;
  try {
    const span = tracer.start(kind, name);
    if (span === undefined) return undefined;
    const context = span.context && readTraceContext(span.context);
    if (span.context !== undefined && context === undefined) {
      onError(new TypeError(`${name}: "${span.context.traceParent}" is no W3C traceparent`));
    }
    const end: TraceSpan['end'] = (error) => {
      try {
        span.end(error);
      } catch (failure) {
        onError(failure);
      }
    };
    return { context, end };
  } catch (error) {
    onError(error);
    return undefined;
  }
}
