/** How many cuts in a row must agree. */
const CUTS = 3;
/** How far each may lie from their mean. */
const SPREAD = 0.15;
/** No proxy has a time-out that is shorter; connections that are in use are cut after less. */
const MIN_MS = 2_000;

/**
 * Notices that connections are cut again and again after the same silence. A proxy with a short
 * time-out does that, and then a ping should come sooner.
 */
export class IdleSuspicion {
  readonly #cuts: number[] = [];
  #suspectedMs: number | undefined;

  /** The silence after which connections are cut, once that is likely. */
  get suspectedMs(): number | undefined {
    return this.#suspectedMs;
  }

  /** The silence after which the server should ping. */
  get wishMs(): number | undefined {
    return this.#suspectedMs === undefined ? undefined : Math.floor(this.#suspectedMs / 2);
  }

  /** Notes that something cut a connection on which nothing had come for so long. */
  cutAfter(silentMs: number): void {
    if (silentMs < MIN_MS) return;
    this.#cuts.push(silentMs);
    if (this.#cuts.length > CUTS) this.#cuts.shift();
    const mean = this.#cuts.reduce((sum, one) => sum + one, 0) / this.#cuts.length;
    const isCluster = this.#cuts.every((one) => Math.abs(one - mean) <= mean * SPREAD);
    if (this.#cuts.length < CUTS || !isCluster) return;
    // It may be shorter than was thought, and never longer: pings come in between now.
    this.#suspectedMs = Math.min(this.#suspectedMs ?? mean, Math.round(Math.min(...this.#cuts)));
  }
}
