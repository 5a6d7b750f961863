import { isPromise } from './chain.js';
import type { ReportFailure } from './failure.js';
import { printFailure } from './process-edge.js';

/** Makes what failures are told to: the application's own hook, or stderr. */
export function reporter(onError: ReportFailure | undefined): ReportFailure {
  return notifier(onError ?? printFailure, 'onError', printFailure);
}

/** Makes a hook of the application safe to call: one that throws is reported, and no more. */
export function notifier<Told>(
  hook: (told: Told) => unknown,
  where: string,
  report: ReportFailure,
): (told: Told) => void {
  const failed = (error: unknown): void => report({ error, where });
  return (told) => {
    try {
      const result = hook(told);
      if (isPromise(result)) void Promise.resolve(result).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}
