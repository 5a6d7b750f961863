import { trace, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { SCOPE } from './scope.js';

/** Where spans go. */
export interface TraceOptions {
  /** Makes the spans; the global one of the OpenTelemetry API unless given. */
  readonly tracerProvider?: TracerProvider;
}

/** How a server traces. */
export interface ServerTraceOptions extends TraceOptions {
  /**
   * Whether spans of requests become part of the trace that the client names, and of its decision
   * to sample it. `false` begins a trace of the server's own with a link to the client's, which is
   * right where clients are strangers. `true` unless given.
   */
  readonly trust?: boolean;
  /**
   * Whether topic messages tell clients where their publishes stand in traces, so that clients can
   * trace when they have come. About 60 bytes in each message; not unless it is `true`.
   */
  readonly tellsClients?: boolean;
}

/** Gives the tracer that the options ask for. */
export function tracerOf({ tracerProvider }: TraceOptions): Tracer {
  return (tracerProvider ?? trace).getTracer(SCOPE);
}
