import type { Runtime, Timer } from '@trunkline/protocol';
import type { CallEntry } from './call-entry.js';
import type { CallLink } from './call-link.js';
import type { StreamReplies } from './stream-replies.js';
import type { ServerLimits } from '../limits/limits.js';
import { StreamRun } from './stream-run.js';
import { TurnBudget } from '../topics/turn-budget.js';

/** What running streams keep to. */
export interface RunningStreamsOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly link: CallLink;
  /** No item has passed for too long, though there was credit for one. */
  readonly idle: (stream: CallEntry) => void;
}

/** What was seen of a stream at the last look. */
interface Watch {
  progress: number;
  /** Looks in a row that found nothing new. */
  quiet: number;
}

/** What the streams of a session may produce before others have their turn. */
const TURN_BYTES = 65_536;

/** Looks within the time that a stream may be idle: a clock for each item would cost more. */
const LOOKS = 8;

/** The streams of a session whose handlers run. */
export class RunningStreams {
  readonly #options: RunningStreamsOptions;
  readonly #watches = new Map<CallEntry, Watch>();
  readonly #turn: TurnBudget;
  #timer: Timer | undefined;

  constructor(options: RunningStreamsOptions) {
    this.#options = options;
    this.#turn = new TurnBudget(options.runtime, TURN_BYTES);
  }

  /** Lets a handler give items; `delete` it when the handler is done, or nobody waits any more. */
  start(stream: CallEntry, replies: StreamReplies): StreamRun {
    const { limits, link } = this.#options;
    const run = new StreamRun({
      replies,
      turn: this.#turn,
      credit: { items: limits.downCreditItems, bytes: limits.downCreditBytes },
      ahead: { items: limits.downCreditMaxItems, bytes: limits.downCreditMaxBytes },
      send: (item) => link.send(item),
      hasRoom: (lastBytes) => link.hasItemRoom(lastBytes > limits.cutBytes),
    });
    stream.run = run;
    this.#watches.set(stream, { progress: -1, quiet: 0 });
    this.#watch();
    return run;
  }

  delete(stream: CallEntry): void {
    this.#watches.delete(stream);
    if (this.#watches.size === 0) this.close();
  }

  /** Something was written: streams that waited for room may go on. */
  resume(): void {
    for (const { run } of this.#watches.keys()) run?.resume();
  }

  /** Looks no more, though handlers may go on. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(): void {
    const { runtime, limits } = this.#options;
    if (limits.streamIdleMs === 0) return;
    this.#timer ??= runtime.startTimer(limits.streamIdleMs / LOOKS, () => {
      this.#timer = undefined;
      this.#watch();
      this.#look();
    });
  }

  #look(): void {
    for (const [stream, watch] of this.#watches) {
      const progress = (stream.run?.progress ?? 0) + (stream.items?.given ?? 0);
      const isQuiet = isOwed(stream) && progress === watch.progress;
      watch.progress = progress;
      watch.quiet = isQuiet ? watch.quiet + 1 : 0;
      if (watch.quiet < LOOKS) continue;
      watch.quiet = 0;
      this.#options.idle(stream);
    }
  }
}

/** Whether the handler could give an item now, or waits for one of its caller. */
function isOwed({ run, items, hasDown }: CallEntry): boolean {
  return items?.isAwaited === true || (hasDown && run?.isAsking === true);
}
