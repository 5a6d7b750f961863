import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import type { TraceContext } from '@trunkline/protocol';

/** Gives what travels with a span; nothing for the span of an API without an SDK. */
export function traceContextOf(span: Span): TraceContext | undefined {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = context;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  const traceParent = `00-${traceId}-${spanId}-${flags}`;
  const state = traceState?.serialize();
  return state ? { traceParent, traceState: state } : { traceParent };
}

/** Gives the span that somebody else named. It was read by the rules of the W3C before. */
export function spanContextOf({ traceParent, traceState }: TraceContext): SpanContext {
  // Each field has its place, in all versions.
  const context: SpanContext = {
    traceId: traceParent.slice(3, 35),
    spanId: traceParent.slice(36, 52),
    traceFlags: Number.parseInt(traceParent.slice(53, 55), 16),
    isRemote: true,
  };
  return traceState === undefined
    ? context
    : { ...context, traceState: createTraceState(traceState) };
}

/** A context in which a remote span is the active one, and nothing of this process. */
export function remoteContext(remote: SpanContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}
