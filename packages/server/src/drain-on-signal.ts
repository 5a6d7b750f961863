import { systemRuntime, type Runtime } from '@trunkline/protocol';
import type { DrainOptions, DrainReport } from './drain.js';
import { DRAIN_MS } from './drain-plan.js';

/** What is drained by a signal. */
interface Drainable {
  drain(options?: DrainOptions): Promise<DrainReport>;
}

/** How a process ends when it is told to. */
export interface DrainOnSignalOptions extends DrainOptions {
  /** Signals that begin the drain; SIGTERM and SIGINT unless given. */
  readonly signals?: readonly NodeJS.Signals[];
  /**
   * Is told what came of it, and waited for within the window: the place to close a database. What it
   * throws goes to stderr, and the process exits with 1.
   */
  readonly drained?: (report: DrainReport) => unknown;
  /** Ends the process; `process.exit` unless given. */
  readonly exit?: (code: number) => void;
  /** Clock and timers; the machine's when left out. */
  readonly runtime?: Runtime;
}

/** By convention a process that a signal ends exits with this more than its number. */
const SIGNAL_CODE = 128;
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
};

/**
 * Drains a server when the process is told to end, and exits; gives the undoing. The code is 0 when
 * all went well, and 1 at the end of the window, whatever happens. A second signal exits at once.
 */
export function drainOnSignal(server: Drainable, options: DrainOnSignalOptions = {}): () => void {
  const { signals = ['SIGTERM', 'SIGINT'] } = options;
  const ending = new Ending(server, options);
  const listener = (signal: NodeJS.Signals): void => ending.told(signal);
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

class Ending {
  readonly #server: Drainable;
  readonly #options: DrainOnSignalOptions;
  #hasBegun = false;

  constructor(server: Drainable, options: DrainOnSignalOptions) {
    this.#server = server;
    this.#options = options;
  }

  told(signal: NodeJS.Signals): void {
    if (this.#hasBegun) return this.#exit(SIGNAL_CODE + (SIGNAL_NUMBERS[signal] ?? 0));
    this.#hasBegun = true;
    const { windowMs = DRAIN_MS, runtime = systemRuntime } = this.#options;
    const timer = runtime.startTimer(windowMs, () => this.#exit(1), true);
    void this.#drain(windowMs).then((code) => {
      timer.cancel();
      this.#exit(code);
    });
  }

  async #drain(windowMs: number): Promise<number> {
    try {
      const report = await this.#server.drain({ windowMs });
      await this.#options.drained?.(report);
      return 0;
    } catch (error) {
      console.error(error);
      return 1;
    }
  }

  #exit(code: number): void {
    const { exit = (status: number) => process.exit(status) } = this.#options;
    exit(code);
  }
}
