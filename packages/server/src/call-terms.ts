import type { CallMessage } from '@trunkline/protocol';
import type { ServerLimits } from './limits.js';
import { isStreamRoute, isTopicRoute, type Route } from './route.js';

/** Gives how many milliseconds a call has, or `undefined` for one that may last. */
export function deadlineOf(
  message: CallMessage,
  route: Route,
  limits: ServerLimits,
): number | undefined {
  const own = isTopicRoute(route) ? undefined : route.definition.deadlineMs;
  const standard = isStreamRoute(route) ? undefined : limits.deadlineMs;
  const wanted = message.deadlineMs ?? own ?? standard;
  if (wanted === undefined || isStreamRoute(route)) return wanted;
  return Math.min(wanted, limits.maxDeadlineMs);
}

/** Gives the bytes that a procedure says for its output; 0 where it says nothing. */
export function maxOutputOf(route: Route): number {
  return isTopicRoute(route) ? 0 : (route.definition.maxOutputBytes ?? 0);
}
