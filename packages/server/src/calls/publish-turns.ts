import type { RequestContext } from '../request-context.js';

/** The place of a publish among those of its session on its topic. */
export interface PublishTurn {
  readonly flight: RequestContext;
  readonly turns: Set<PublishTurn>;
  readonly leave: () => void;
  /** Whether somebody waits for it, so that it leaves when its caller does. */
  isAwaited: boolean;
  wake: (() => void) | undefined;
}

/**
 * Has the publishes of a session on a topic ask the broker in the order in which they came. What
 * decides on them may take its time for each, and a broker takes what comes behind a higher counter
 * for repeated.
 */
export class PublishTurns {
  readonly #turns = new WeakMap<object, Map<string, Set<PublishTurn>>>();

  /** Takes the next turn; `leave` it once the broker was asked, or will not be. */
  enter(topic: string, flight: RequestContext): PublishTurn {
    const { session } = flight;
    let topics = this.#turns.get(session);
    if (topics === undefined)
      this.#turns.set(session, (topics = new Map<string, Set<PublishTurn>>()));
    const turns = topics.get(topic) ?? new Set<PublishTurn>();
    if (turns.size === 0) topics.set(topic, turns);
    const leave = (): void => {
      if (!turns.delete(turn)) return;
      if (turns.size === 0) topics.delete(topic);
      // All but the first have somebody before them still.
      for (const first of turns) return first.wake?.();
    };
    const turn: PublishTurn = { flight, turns, leave, isAwaited: false, wake: undefined };
    turns.add(turn);
    return turn;
  }

  /** Resolves when all that came before have left, or `undefined` if they have. */
  wait(turn: PublishTurn): Promise<void> | undefined {
    const { turns } = turn;
    if (!turns.has(turn) || isFirst(turn)) return undefined;
    for (const before of turns) {
      if (before === turn) break;
      if (before.isAwaited) continue;
      before.isAwaited = true;
      before.flight.signal.addEventListener('abort', before.leave, { once: true });
      // It may have been withdrawn before.
      if (before.flight.isAborted) before.leave();
    }
    if (isFirst(turn)) return undefined;
    return new Promise((resolve) => {
      turn.wake = resolve;
    });
  }
}

function isFirst(turn: PublishTurn): boolean {
  for (const first of turn.turns) return first === turn;
  return true;
}
