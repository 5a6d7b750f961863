import type { CallMessage } from '../message.js';
import type { Runtime } from '../runtime.js';

/** Notes in a CALL what remains until its deadline, which is what travels. */
export function stampDeadline(message: CallMessage, runtime: Runtime): void {
  if (message.deadlineAt === undefined) return;
  const remaining = Math.ceil(message.deadlineAt - runtime.now());
  message.deadlineMs = Math.min(Math.max(0, remaining), 0xffffffff);
}
