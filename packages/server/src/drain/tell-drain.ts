import { DRAIN_MS } from './drain-plan.js';
import type { Drain, DrainOptions } from './drain.js';
import type { Observation } from '../observe/observation.js';

/** Tells the observers of a drain that has begun, and of its end. */
export function tellDrain(
  observation: Observation | undefined,
  drain: Drain,
  { windowMs = DRAIN_MS, sessions }: DrainOptions & { readonly sessions: number },
): void {
  if (observation === undefined) return;
  observation.tell('drainStarted', { windowMs, sessions });
  void drain.done.then(({ tookMs: ms, moved, finished, unknown, refused }) => {
    observation.tell('drainEnded', { ms, moved, finished, unknown, refused });
  });
}
