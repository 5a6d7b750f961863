import type { Runtime, Timer, TrunklineError } from '@trunkline/protocol';

/** Work that goes on although it was ended: nobody takes what comes of it. */
export interface Leak {
  /** `contract.procedure`. */
  readonly procedure: string;
  readonly kind: 'call' | 'stream';
  /** What does not end: the handler with its generator, or what stands before it. */
  readonly part: 'handler' | 'guards';
  /** Code of what has ended it: CANCELLED, DEADLINE, SESSION_LOST, STREAM_LOST, TOO_LARGE. */
  readonly ended: string;
  /** How long ago that was, in milliseconds. */
  readonly forMs: number;
}

/** How what goes on after its end is reported. */
export interface LeakOptions {
  /** How long it may go on, in milliseconds; 5 s unless given. */
  readonly afterMs?: number;
  /** Told once of each; writes a line to stderr unless given. */
  readonly report?: (leak: Leak) => void;
}

const AFTER_MS = 5_000;

/** Watches what was ended until it has ended, and reports what does not. For development. */
export class LeakWatch {
  readonly #runtime: Runtime;
  readonly #afterMs: number;
  readonly #report: (leak: Leak) => void;
  readonly #timers = new Set<Timer>();

  constructor(runtime: Runtime, options: LeakOptions, print: (leak: Leak) => void) {
    const { afterMs = AFTER_MS, report = print } = options;
    this.#runtime = runtime;
    this.#afterMs = afterMs;
    this.#report = report;
  }

  /** Begins to watch what was ended just now; call what it gives when that has ended. */
  watch(about: Omit<Leak, 'ended' | 'forMs'>, { code }: TrunklineError): () => void {
    const timer = this.#runtime.startTimer(this.#afterMs, () => {
      this.#timers.delete(timer);
      this.#report({ ...about, ended: code, forMs: this.#afterMs });
    });
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
      timer.cancel();
    };
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
