/** A promise that comes into being when somebody asks for it, so that nobody must handle it. */
export class Later<Value> {
  #settled: ((later: Later<Value>) => void) | undefined;
  #promise: Promise<Value> | undefined;
  #resolve: (value: Value) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  get promise(): Promise<Value> {
    if (this.#promise === undefined) {
      this.#promise = new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      // Who asks early is told of a failure elsewhere too, and may never look here.
      this.#promise.catch(() => {});
      this.#settled?.(this);
    }
    return this.#promise;
  }

  /** Whether somebody has asked. */
  get isAskedFor(): boolean {
    return this.#promise !== undefined;
  }

  /** Only the first of `resolve` and `reject` counts. */
  resolve(value: Value): void {
    this.#settle((later) => later.#resolve(value));
  }

  reject(error: unknown): void {
    this.#settle((later) => later.#reject(error));
  }

  #settle(settle: (later: Later<Value>) => void): void {
    this.#settled ??= settle;
    this.#settled(this);
  }
}
