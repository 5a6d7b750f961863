import {
  readTraceContext,
  type ProcedureKind,
  type TopicMessage,
  type Tracer,
  type TraceSpan,
} from '@trunkline/protocol';
import { notify, type ErrorHook } from '../connection/error-hook.js';

/** Who traces, and who is told of what that throws. */
export interface TracePort {
  readonly tracer?: Tracer | undefined;
  readonly onError: ErrorHook;
}

/** Starts the span of a call, stream or publish where somebody traces. */
export function startSpan(
  port: TracePort,
  kind: ProcedureKind,
  name: string,
): TraceSpan | undefined {
  return spanOf(port, name, (tracer) => tracer.start(kind, name));
}

/** Starts the span of a topic message that says where its publish stands in a trace. */
export function startReceiving(
  port: TracePort,
  name: string,
  message: TopicMessage,
): TraceSpan | undefined {
  const trace = readTraceContext(message);
  return trace && spanOf(port, name, (tracer) => tracer.receive?.(name, trace));
}

/**
 * What the tracer throws goes to the error hook, and so does a context that the server would not
 * take: what is traced goes on without.
 */
function spanOf(
  { tracer, onError }: TracePort,
  name: string,
  start: (tracer: Tracer) => TraceSpan | undefined,
): TraceSpan | undefined {
  if (tracer === undefined) return undefined;
  try {
    const span = start(tracer);
    if (span === undefined) return undefined;
    const context = span.context && readTraceContext(span.context);
    if (span.context !== undefined && context === undefined) {
      onError(new TypeError(`${name}: "${span.context.traceParent}" is no W3C traceparent`));
    }
    const end: TraceSpan['end'] = (failure) => notify((how) => span.end(how), failure, onError);
    return { context, end };
  } catch (error) {
    onError(error);
    return undefined;
  }
}
