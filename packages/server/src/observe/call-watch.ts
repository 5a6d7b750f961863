import type { Executed, Runtime } from '@trunkline/protocol';
import type { CallEnded, ObservedCall } from './observed-events.js';

/** What is noted of one call until it has ended. */
export class CallWatch {
  bytesIn: number;
  bytesOut = 0;
  itemsIn = 0;
  itemsOut = 0;
  readonly #runtime: Runtime;
  readonly #startedAt: number;
  #handlerAt: number | undefined;
  #idempotency: CallEnded['idempotency'];

  constructor(
    readonly call: ObservedCall,
    { runtime, bytesIn }: { readonly runtime: Runtime; readonly bytesIn: number },
  ) {
    this.#runtime = runtime;
    this.#startedAt = runtime.now();
    this.bytesIn = bytesIn;
  }

  /** Whether a handler was started for it. */
  get isStarted(): boolean {
    return this.#handlerAt !== undefined;
  }

  /** Its handler starts now, or the broker is asked. */
  handlerStarts(): void {
    this.#handlerAt = this.#runtime.now();
  }

  /** Where its outcome comes from, by its idempotency key. */
  shares(idempotency: NonNullable<CallEnded['idempotency']>): void {
    this.#idempotency = idempotency;
  }

  /** Gives what is told of its end. */
  end(code: string, executed: Executed): CallEnded {
    const { call, bytesIn, bytesOut, itemsIn, itemsOut } = this;
    const now = this.#runtime.now();
    const ms = now - this.#startedAt;
    const handlerMs = this.#handlerAt === undefined ? undefined : now - this.#handlerAt;
    return {
      call,
      code,
      executed,
      ms,
      handlerMs,
      bytesIn,
      bytesOut,
      itemsIn,
      itemsOut,
      idempotency: this.#idempotency,
    };
  }
}
