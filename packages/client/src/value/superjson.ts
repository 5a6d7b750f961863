/** The code that writes and reads superjson, a chunk of its own where code is bundled. */
export type SuperjsonCode = typeof import('@trunkline/protocol/superjson');

/** Loads the code for superjson once, when it is first needed; after a failure, again. */
export class SuperjsonLoader {
  readonly #import: () => Promise<SuperjsonCode>;
  #code: SuperjsonCode | undefined;
  #loading: Promise<void> | undefined;

  constructor(importCode: () => Promise<SuperjsonCode>) {
    this.#import = importCode;
  }

  /** The code; `undefined` as long as it is not loaded. */
  get code(): SuperjsonCode | undefined {
    return this.#code;
  }

  /** Resolves when the code is there; fails as its import does. */
  load(): Promise<void> {
    return (this.#loading ??= this.#load());
  }

  async #load(): Promise<void> {
    try {
      this.#code = await this.#import();
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }
}

/** The one of all clients. */
export const sharedSuperjson = new SuperjsonLoader(() => import('@trunkline/protocol/superjson'));

/**
 * Loads the code for superjson ahead of its first use. A client loads it by itself when a value
 * comes or goes as superjson; until then such values wait.
 */
export function loadSuperjson(): Promise<void> {
  return sharedSuperjson.load();
}
