import { TrunklineError, type Runtime, type TraceContext } from '@trunkline/protocol';
import type { ClientCallContext } from './client-handler.js';

/** What one handler is told of the call that it answers. */
export class HandlerContext implements ClientCallContext<Readonly<Record<string, unknown>>> {
  readonly #controller = new AbortController();
  readonly #made = new WeakSet<object>();
  readonly #runtime: Runtime;
  readonly #deadlineAt: number | undefined;

  constructor(
    runtime: Runtime,
    deadlineAt: number | undefined,
    readonly trace: TraceContext | undefined,
  ) {
    this.#runtime = runtime;
    this.#deadlineAt = deadlineAt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get remainingMs(): number | undefined {
    if (this.#deadlineAt === undefined) return undefined;
    return Math.max(0, this.#deadlineAt - this.#runtime.now());
  }

  error<Code extends string>(
    code: Code,
    data: unknown,
    message: string = code,
  ): TrunklineError<Code, unknown> {
    const error = new TrunklineError(code, message, { data });
    this.#made.add(error);
    return error;
  }

  /** Whether an error was made here, so that the server is told of it. */
  hasMade(error: unknown): error is TrunklineError {
    return typeof error === 'object' && error !== null && this.#made.has(error);
  }

  abort(reason: TrunklineError): void {
    this.#controller.abort(reason);
  }
}
