import { systemRuntime, type Runtime } from '@trunkline/protocol';
import { DRAIN_OPTIONS, type DrainOptions, type DrainReport } from './drain.js';
import { DRAIN_MS, windowOf } from './drain-plan.js';
import { exitProcess, onSignals, printFailure } from '../process-edge.js';
import { refuseUnknown } from '../refuse-unknown.js';

/** What is drained by a signal. */
interface Drainable {
  drain(options?: DrainOptions): Promise<DrainReport>;
}

/** How a process ends when it is told to. */
export interface DrainOnSignalOptions extends DrainOptions {
  /** Signals that begin the drain; SIGTERM and SIGINT unless given. */
  readonly signals?: readonly NodeJS.Signals[];
  /**
   * Told what came of it, and waited for within the window: the place to close a database. When it
   * throws, that goes to stderr, and the process exits with 1.
   */
  readonly drained?: (report: DrainReport) => unknown;
  /** Ends the process; `process.exit` unless given. */
  readonly exit?: (code: number) => void;
  /** Clock and timers; the machine's when left out. */
  readonly runtime?: Runtime;
}

const OPTIONS: readonly (keyof DrainOnSignalOptions)[] = [
  ...DRAIN_OPTIONS,
  'signals',
  'drained',
  'exit',
  'runtime',
];

/** By convention a process that a signal ends exits with this and the signal's number. */
const SIGNAL_CODE = 128;
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGTERM: 15,
};

/** What is left of the window for what comes after the drain, such as closing a database. */
const AFTERWARDS = 0.02;

/** Drains a server when the process is told to end, and exits; gives the undoing. */
export function drainOnSignal(server: Drainable, options: DrainOnSignalOptions = {}): () => void {
  refuseUnknown('drainOnSignal: unknown option', options, OPTIONS);
  const { signals = ['SIGTERM', 'SIGINT'], windowMs = DRAIN_MS } = options;
  const ending = new Ending(server, options, windowOf(windowMs));
  return onSignals(signals, (signal) => ending.told(signal));
}

/** The end of a process, from its first signal on. */
class Ending {
  readonly #server: Drainable;
  readonly #options: DrainOnSignalOptions;
  readonly #windowMs: number;
  #hasBegun = false;

  constructor(server: Drainable, options: DrainOnSignalOptions, windowMs: number) {
    this.#server = server;
    this.#options = options;
    this.#windowMs = windowMs;
  }

  told(signal: NodeJS.Signals): void {
    const { runtime = systemRuntime, exit = exitProcess } = this.#options;
    if (this.#hasBegun) return exit(SIGNAL_CODE + (SIGNAL_NUMBERS[signal] ?? 0));
    this.#hasBegun = true;
    const timer = runtime.startTimer(this.#windowMs, () => exit(1), true);
    void this.#drain().then((code) => {
      timer.cancel();
      exit(code);
    });
  }

  async #drain(): Promise<number> {
    try {
      const report = await this.#server.drain({ windowMs: this.#windowMs * (1 - AFTERWARDS) });
      await this.#options.drained?.(report);
      return 0;
    } catch (error) {
      printFailure({ error, where: 'drain' });
      return 1;
    }
  }
}
