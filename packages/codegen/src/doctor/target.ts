import type { Runtime } from '@trunkline/protocol';

/** What is looked at, and how. */
export interface Target {
  readonly url: URL;
  /** What a page would say of where it comes from. */
  readonly origin: string | undefined;
  readonly token: string;
  readonly insecure: boolean;
  readonly runtime: Runtime;
}

/** How long any one thing may take. */
export const PATIENCE_MS = 10_000;

/** Gives what a promise gives, or `undefined` when that takes too long. */
export function within<Value>(
  runtime: Runtime,
  ms: number,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const timer = runtime.startTimer(ms, () => resolve(undefined), true);
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** Waits. */
export function pause(runtime: Runtime, ms: number): Promise<void> {
  return new Promise((resolve) => void runtime.startTimer(ms, resolve, true));
}

/** Gives the code of a system's error, or what else there is of it. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.message;
}

/** Writes milliseconds for people. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
