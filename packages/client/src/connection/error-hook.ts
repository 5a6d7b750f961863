/** Is told of failures that nobody else can see, such as what a listener throws. */
export type ErrorHook = (error: unknown) => void;

/** What this file takes from its surroundings; all of it may be missing. */
interface Surroundings {
  /** Node, Bun and Deno have it. */
  process?: unknown;
  reportError?(error: unknown): void;
  console?: { error(error: unknown): void };
}

/** Tells of a failure as a page is told of an uncaught one; a process only prints it. */
export const reportError: ErrorHook = (error) => {
  const surroundings = globalThis as unknown as Surroundings;
  // Deno would end at once, and Bun with exit code 1.
  const isPage = surroundings.process === undefined && surroundings.reportError !== undefined;
  if (isPage) surroundings.reportError?.(error);
  else surroundings.console?.error(error);
};

/** Makes a hook that never throws: what the given one throws is reported. */
export function guardHook(hook: ErrorHook): ErrorHook {
  return (error) => {
    try {
      hook(error);
    } catch (failure) {
      reportError(failure);
    }
  };
}

/** Calls a listener of the user; what it throws, or rejects with, goes to the hook. */
export function notify<Argument>(
  listener: ((argument: Argument) => unknown) | undefined,
  argument: Argument,
  onError: ErrorHook,
): void {
  try {
    const result = listener?.(argument);
    if (result instanceof Promise) result.catch(onError);
  } catch (error) {
    onError(error);
  }
}
