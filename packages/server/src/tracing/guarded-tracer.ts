import {
  readTraceContext,
  type TraceContext,
  type TraceFailure,
  type Tracer,
  type TraceSpan,
} from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import type { ReportFailure } from '../failure.js';
import type { Delivery, ServedRequest, ServedSpan, ServerTracer } from './server-tracer.js';

/** A span that never throws, and ends once. */
export class GuardedSpan {
  readonly #span: TraceSpan & Partial<Pick<ServedSpan, 'run'>>;
  readonly #failed: (error: unknown) => void;
  #hasEnded = false;

  constructor(span: TraceSpan | ServedSpan, failed: (error: unknown) => void) {
    this.#span = span;
    this.#failed = failed;
  }

  /** What goes on with the trace elsewhere; nothing where it is malformed, which is reported. */
  get context(): TraceContext | undefined {
    try {
      const { context } = this.#span;
      if (context === undefined) return undefined;
      const trace = readTraceContext(context);
      if (trace !== undefined) return trace;
      throw new TypeError(`"${context.traceParent}" is no W3C traceparent`);
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** Runs code within the span; the code must not throw. It runs whatever the tracer does. */
  within<Result>(code: () => Result): Result {
    const results: Result[] = [];
    try {
      this.#span.run?.(() => {
        if (results.length === 0) results.push(code());
      });
    } catch (error) {
      this.#failed(error);
    }
    return results.length > 0 ? (results[0] as Result) : code();
  }

  end(failure?: TraceFailure): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    try {
      const ended: unknown = this.#span.end(failure);
      if (isPromise(ended)) void Promise.resolve(ended).catch(this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** A tracer of the application whose failures are reported and harm nobody. */
export class GuardedTracer {
  readonly #tracer: Tracer & Partial<ServerTracer>;
  readonly #failed: (error: unknown) => void;

  constructor(tracer: Tracer | ServerTracer, report: ReportFailure) {
    this.#tracer = tracer;
    this.#failed = (error) => report({ error, where: 'tracer' });
  }

  /** Whether topic messages tell clients where their publishes stand in traces. */
  get tellsClients(): boolean {
    return this.#tracer.tellsClients === true;
  }

  /** Gives the span of a request of a client. */
  serve(request: ServedRequest): GuardedSpan | undefined {
    return this.#guard(() => this.#tracer.serve?.(request));
  }

  /** Gives the span of a topic message on its way out. */
  deliver(delivery: Delivery): GuardedSpan | undefined {
    return this.#guard(() => this.#tracer.deliver?.(delivery));
  }

  /** Does what the server itself asks for, with a span of its own, whose context `ask` is given. */
  ask<Result>(
    kind: 'call' | 'publish',
    name: string,
    ask: (trace: TraceContext | undefined) => Promise<Result>,
  ): Promise<Result> {
    const span = this.#guard(() => this.#tracer.start(kind, name));
    const asking = ask(span?.context);
    if (span === undefined) return asking;
    asking.then(
      () => span.end(),
      (error: unknown) => span.end(failureOf(error)),
    );
    return asking;
  }

  #guard(start: () => TraceSpan | undefined): GuardedSpan | undefined {
    try {
      const span = start();
      return span && new GuardedSpan(span, this.#failed);
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }
}

function failureOf(error: unknown): TraceFailure {
  try {
    const { code, message } = Object(error) as Partial<TraceFailure>;
    return { code: String(code ?? 'INTERNAL'), message: String(message ?? error) };
  } catch {
    // Brokers may reject with anything, and not everything has a text.
    return { code: 'INTERNAL', message: 'an error without text' };
  }
}
