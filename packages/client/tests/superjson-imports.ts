import * as code from '@trunkline/protocol/superjson';
import { SuperjsonLoader } from '../src/value/superjson.js';
import { startLive, type Harness } from './harness.js';

/** The loads of the code for superjson, each of which a test ends by hand. */
export class SuperjsonImports {
  /** How often it was asked for. */
  count = 0;
  readonly superjson = new SuperjsonLoader(() => {
    this.count++;
    return new Promise((resolve, reject) => {
      this.#resolve = () => resolve(code);
      this.#reject = reject;
    });
  });
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** The last one has come. */
  arrive(): void {
    this.#resolve();
  }

  /** The last one has failed. */
  fail(): void {
    this.#reject(new Error('no such chunk'));
  }
}

/** As `startLive`, with the code for superjson not loaded. */
export async function startWithImports(): Promise<Harness & { imports: SuperjsonImports }> {
  const imports = new SuperjsonImports();
  return { ...(await startLive({ superjson: imports.superjson })), imports };
}
