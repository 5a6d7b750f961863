import { isPromise } from './chain.js';
import type { ReportFailure } from './failure.js';

/** Makes a hook of the application safe to call: what it throws is reported, and stops nothing. */
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
