import type { Runtime, Timer } from '@trunkline/protocol';
import type { Sources } from './sources.js';

/** Watches files and folders; tells absolute paths of what was added, changed or removed. */
export interface FileWatcher {
  /** Watches these too. Resolves when changes of them are seen. */
  add(paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens a watcher. */
export type OpenWatcher = (onChange: (path: string) => void) => FileWatcher;

/** What a watch is made of. */
export interface WatchOptions {
  /** Generates, tells how it went, and says what it was made from. */
  readonly run: () => Promise<Sources>;
  readonly openWatcher: OpenWatcher;
  readonly runtime: Runtime;
}

/** A watch that goes on until it is stopped. */
export interface Watch {
  /** Resolves when the first run has ended and changes are seen. */
  readonly ready: Promise<void>;
  /** Ends it; waits for a run that is under way. Idempotent. */
  stop(): Promise<void>;
}

/** An editor that saves many files, or one in steps, shall cause one run. */
const QUIET_MS = 50;

/** Generates now, and again whenever something changes that the last run was made from. */
export function startWatch(options: WatchOptions): Watch {
  return new WatchLoop(options);
}

class WatchLoop implements Watch {
  readonly ready: Promise<void>;
  readonly #options: WatchOptions;
  readonly #watcher: FileWatcher;
  readonly #watched = new Set<string>();
  #sources: Sources | undefined;
  #timer: Timer | undefined;
  #running: Promise<void>;
  #isRunning = true;
  #isDirty = false;
  #isStopped = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#watcher = options.openWatcher((path) => this.#onChange(path));
    this.#running = this.ready = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
    await this.#watcher.close();
  }

  #onChange(path: string): void {
    if (this.#isStopped || this.#sources?.includes(path) === false) return;
    this.#isDirty = true;
    if (!this.#isRunning) this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= this.#options.runtime.startTimer(QUIET_MS, () => {
      this.#timer = undefined;
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#isDirty = false;
    this.#sources = await this.#options.run();
    const paths = this.#sources.paths.filter((path) => !this.#watched.has(path));
    for (const path of paths) this.#watched.add(path);
    if (paths.length > 0 && !this.#isStopped) await this.#watcher.add(paths);
    this.#isRunning = false;
    if (this.#isDirty && !this.#isStopped) this.#schedule();
  }
}
