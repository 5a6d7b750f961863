import { TrunklineError, type Runtime } from '@trunkline/protocol';
import { Ending } from '../ending.js';
import { ownError, type ReportFailure } from '../failure.js';
import type { ServerLimits } from '../limits/limits.js';
import { refuseUnknown } from '../refuse-unknown.js';
import { ReadSlots } from '../topics/read-slots.js';

/** Which subscriptions are decided on anew: all of them where nothing is given. */
export interface RecheckOptions {
  /** Those of one principal. */
  readonly principal?: string | undefined;
  /** Those to one topic, by its name: `chat.messages`. */
  readonly topic?: string | undefined;
}

/** What came of deciding on subscriptions anew. */
export interface Rechecked {
  /** Subscriptions that were decided on. */
  readonly checked: number;
  /** Those of them that have ended by it. */
  readonly ended: number;
}

/** What rechecks are made from. */
export interface RechecksOptions {
  readonly runtime: Runtime;
  readonly limits: Pick<ServerLimits, 'authMs' | 'authRunning'>;
  readonly report: ReportFailure;
}

/** One subscription that is decided on anew. */
export interface Recheck {
  /** Of the topic. */
  readonly name: string;
  /** Rejects unless it is allowed. */
  readonly decide: () => Promise<unknown>;
  /** Ends it at once; called at most once. */
  readonly refuse: (error: TrunklineError) => void;
  /** Comes when nobody has to know any more. */
  readonly closing: Ending;
}

/** As many begin in one turn: authorizers that wait for nothing must not keep all else waiting. */
const TURN_RECHECKS = 256;

/** Lets subscriptions be decided on anew, a bounded number at a time and each within a time. */
export class Rechecks {
  readonly #options: RechecksOptions;
  readonly #slots: ReadSlots;
  #begun = 0;
  /** Comes with the next turn, where somebody waits for it. */
  #turn: Promise<void> | undefined;

  constructor(options: RechecksOptions) {
    this.#options = options;
    this.#slots = new ReadSlots(options.limits.authRunning);
  }

  /** Decides on one, in its turn. Never rejects. */
  run(recheck: Recheck): Promise<void> {
    return this.#slots.run(async () => {
      while (this.#begun >= TURN_RECHECKS) await (this.#turn ??= this.#nextTurn());
      this.#begun++;
      await this.#run(recheck);
    });
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.runtime.endOfTurn(() => {
        this.#begun = 0;
        this.#turn = undefined;
        resolve();
      });
    });
  }

  #run({ name, decide, refuse, closing }: Recheck): Promise<void> {
    const { runtime, limits } = this.#options;
    return new Promise((resolve) => {
      let isDecided = false;
      const settle = (): boolean => {
        if (isDecided) return false;
        isDecided = true;
        timer.cancel();
        stopListening();
        resolve();
        return true;
      };
      const failed = (error: unknown): void => {
        if (settle()) refuse(this.#errorOf(error, name));
      };
      const text = `the authorizer has not decided within ${limits.authMs} ms`;
      const timer = runtime.startTimer(limits.authMs, () => failed(new Error(text)));
      const stopListening = closing.listen(settle);
      // What is published after a no must find the subscription ended: no detour here.
      if (closing.hasCome) settle();
      else void decide().then(settle, failed);
    });
  }

  /** Whoever could not be asked has not said no: the client may subscribe again, and will. */
  #errorOf(error: unknown, name: string): TrunklineError {
    if (error instanceof TrunklineError) return error;
    this.#options.report({ error, where: name });
    return UNCHECKED;
  }
}

/** Throws a TypeError for options that choose nothing, such as a topic that does not exist. */
export function assertRecheck(options: RecheckOptions, hasTopic: (name: string) => boolean): void {
  refuseUnknown('recheck: unknown option', options, ['principal', 'topic']);
  const { principal, topic } = options;
  if (principal !== undefined && (typeof principal !== 'string' || principal === '')) {
    throw new TypeError(
      `option "principal" of recheck must be a string that is not empty, not "${principal}"`,
    );
  }
  if (topic === undefined || hasTopic(topic)) return;
  throw new TypeError(
    `option "topic" of recheck must name a topic of this server, such as "chat.messages", not "${topic}"`,
  );
}

const UNCHECKED = ownError('UNAVAILABLE', 'it could not be decided whether this is allowed', {
  executed: 'no',
});
