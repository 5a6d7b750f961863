import { CLOSE_CODES, type Close } from '@trunkline/protocol';
import type { Observation } from './observation.js';
import type { AuthDecided } from './observed-events.js';

/** What was decided on a client: who it is, or how its connection ends instead. */
export type AuthDecision =
  | { readonly session: { readonly identity: { readonly principal: string } | undefined } }
  | { readonly close: Close }
  | 'left';

/** Begins to watch a decision on who a client is; call what it gives when that is there. */
export function watchAuth(
  observation: Observation | undefined,
  what: AuthDecided['for'],
): ((decision: AuthDecision) => void) | undefined {
  if (observation === undefined) return undefined;
  const startedAt = observation.runtime.now();
  return (decision) => {
    const ms = observation.runtime.now() - startedAt;
    observation.tell('authDecided', { for: what, ms, ...told(decision) });
    const isFull = decision !== 'left' && 'close' in decision && decision.close.code === 'TOO_MUCH';
    if (!isFull) return;
    const reaction = `close ${CLOSE_CODES.TOO_MUCH.code}`;
    observation.tell('limitHit', { limit: 'principalSessions', reaction, session: undefined });
  };
}

function told(decision: AuthDecision): Omit<AuthDecided, 'for' | 'ms'> {
  if (decision === 'left') {
    return { outcome: 'left', code: undefined, reason: undefined, principal: undefined };
  }
  if ('close' in decision) {
    const { code, reason } = decision.close;
    return { outcome: 'refused', code: CLOSE_CODES[code].code, reason, principal: undefined };
  }
  const principal = decision.session.identity?.principal;
  return { outcome: 'accepted', code: undefined, reason: undefined, principal };
}
