import { randomHex } from './random-hex.js';

/** Who this tab is. It survives a reload, and ends with the tab. */
export class TabIdentity {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The name that the tab is signed in with. */
  get name(): string | undefined {
    return this.#storage.getItem('name') ?? undefined;
  }

  set name(name: string | undefined) {
    if (name === undefined) this.#storage.removeItem('name');
    else this.#storage.setItem('name', name);
  }

  /** A secret that the tab has made up, and its name: no proof of anything, but enough to try. */
  get token(): string {
    const { name } = this;
    return name === undefined ? this.#secret : `${this.#secret}:${name}`;
  }

  get #secret(): string {
    const kept = this.#storage.getItem('secret');
    if (kept !== null) return kept;
    const secret = randomHex();
    this.#storage.setItem('secret', secret);
    return secret;
  }
}
