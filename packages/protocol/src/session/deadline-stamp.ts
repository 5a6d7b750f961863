import type { Message } from '../message.js';

/** Notes in a CALL what remains until its deadline, which is what travels. */
export function stampDeadline(message: Message, now: number): void {
  if (message.kind !== 'CALL' || message.deadlineAt === undefined) return;
  const remaining = Math.ceil(message.deadlineAt - now);
  message.deadlineMs = Math.min(Math.max(0, remaining), 0xffffffff);
}
