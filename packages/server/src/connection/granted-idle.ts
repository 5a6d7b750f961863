import type { HelloMessage, ResumeMessage } from '@trunkline/protocol';
import type { ServerLimits } from '../limits/limits.js';

/** Says after which silence a client is pinged: one that is cut again and again wants less of it. */
export function grantIdleMs(
  { idleMs: wished }: HelloMessage | ResumeMessage,
  { idleMs, minIdleMs }: Pick<ServerLimits, 'idleMs' | 'minIdleMs'>,
): number {
  return wished === undefined ? idleMs : Math.min(idleMs, Math.max(wished, minIdleMs));
}
