/** How a server that stops uses its time, in milliseconds from the beginning of the drain. */
export interface DrainPlan {
  /** Clients move within this time, each at its own. */
  readonly spreadMs: number;
  /** From now on no call is accepted any more, so that those which run can end. */
  readonly deafMs: number;
  /** What still runs now is broken off. */
  readonly breakMs: number;
  /** Connections are closed at the latest, whether all of theirs was written or not. */
  readonly closeMs: number;
  /** Sockets are cut at the latest, so that all is over at the end of the window. */
  readonly cutMs: number;
  readonly windowMs: number;
}

/** The window unless another is asked for. */
export const DRAIN_MS = 25_000;
/** A day: what is longer is a slip. */
const MAX_WINDOW_MS = 86_400_000;

/** A few clients move within this; more need longer. */
const SPREAD_MS = 15_000;
/** How long one client may keep others from moving: 500 in a second. */
const MOVE_MS = 2;

/** Parts of the window. */
const PARTS = { spread: 0.8, deaf: 0.85, break: 0.9, close: 0.96, cut: 0.98 };

/** Gives a window as it is. Throws a TypeError for one that is none. */
export function windowOf(windowMs: number): number {
  if (Number.isFinite(windowMs) && windowMs >= 0 && windowMs <= MAX_WINDOW_MS) return windowMs;
  throw new TypeError(
    `"windowMs" must be milliseconds from 0 to ${MAX_WINDOW_MS}, not "${String(windowMs)}"`,
  );
}

/** Divides a window. Throws a TypeError for one that is none. */
export function planDrain(wantedMs: number, sessions: number): DrainPlan {
  const windowMs = windowOf(wantedMs);
  return {
    // Whoever moves last must still be able to before nothing is accepted any more.
    spreadMs: Math.min(Math.max(SPREAD_MS, sessions * MOVE_MS), windowMs * PARTS.spread),
    deafMs: windowMs * PARTS.deaf,
    breakMs: windowMs * PARTS.break,
    closeMs: windowMs * PARTS.close,
    cutMs: windowMs * PARTS.cut,
    windowMs,
  };
}

/** Gives after how many milliseconds the client at this place of all connects again. */
export function moveMs({ spreadMs }: Pick<DrainPlan, 'spreadMs'>, place: number, all: number) {
  return Math.floor((spreadMs * place) / Math.max(1, all));
}

/** Gives how long the client at this place waits when all are sent away at once. */
export function returnMs(place: number): number {
  return place * MOVE_MS;
}
