import type { Closed } from '@trunkline/protocol';
import { isPromise } from './chain.js';
import type { SessionOpened } from './context.js';
import type { ReportFailure } from './failure.js';
import { printFailure } from './print-failure.js';
import type { ServerOptions } from './server-options.js';
import type { Session } from './session.js';

/** What tells the application of sessions. */
export interface SessionHooks {
  readonly opened: (session: Session) => void;
  readonly ended: (session: Session, closed: Closed) => void;
}

/** Makes what is told of failures that clients are not told of. It never throws. */
export function createReporter(onError: ServerOptions['onError']): ReportFailure {
  return notifier(onError ?? printFailure, 'onError', printFailure);
}

/** Makes what tells the application of sessions. None of it throws. */
export function createSessionHooks(
  { onOpen = ignore, onClose = ignore }: Pick<ServerOptions, 'onOpen' | 'onClose'>,
  report: ReportFailure,
): SessionHooks {
  const tellOpen = notifier(onOpen, 'onOpen', report);
  const tellClose = notifier(onClose, 'onClose', report);
  return {
    opened: (session) => tellOpen(aboutSession(session)),
    ended: (session, { code, reason }) => tellClose({ ...aboutSession(session), code, reason }),
  };
}

function ignore(): void {}

function aboutSession(session: Session): SessionOpened {
  return { session, principal: session.identity?.principal };
}

/** A hook of the application that throws must not become a failure of its own. */
function notifier<Told>(
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
