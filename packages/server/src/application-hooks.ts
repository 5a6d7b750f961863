import type { Closed } from '@trunkline/protocol';
import type { SessionOpened } from './routes/context.js';
import type { ReportFailure } from './failure.js';
import { notifier } from './hook.js';
import type { ServerOptions } from './server-options.js';
import type { Session } from './session.js';

/** What tells the application of sessions. */
export interface SessionHooks {
  readonly opened: (session: Session) => void;
  readonly ended: (session: Session, closed: Closed) => void;
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
