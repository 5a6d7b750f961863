import type { PathGlob } from './path-glob.js';

/** What one run was made from: a change of any of it may change what is generated. */
export class Sources {
  readonly #files: ReadonlySet<string>;
  readonly #globs: readonly PathGlob[];
  readonly #isBroken: boolean;

  /** Takes absolute paths of files, and the patterns of contracts; `isBroken` if the run failed. */
  constructor(files: Iterable<string>, globs: readonly PathGlob[], isBroken: boolean) {
    this.#files = new Set(files);
    this.#globs = globs.filter(({ isNegative }) => !isNegative);
    this.#isBroken = isBroken;
  }

  /** Files that were executed or read, and folders in which contracts are looked for. */
  get paths(): readonly string[] {
    return [...new Set([...this.#files, ...this.#globs.map(({ base }) => base)])].sort();
  }

  /** Tells whether a changed file calls for a new run. */
  includes(path: string): boolean {
    // What would mend a failed run may be a file that nobody could load yet.
    return this.#isBroken || this.#files.has(path) || this.#globs.some((one) => one.matches(path));
  }
}
