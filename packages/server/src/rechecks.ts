import { TrunklineError, type Runtime } from '@trunkline/protocol';
import { Ending } from './ending.js';
import { ownError, type ReportFailure } from './failure.js';
import type { ServerLimits } from './limits.js';
import { ReadSlots } from './topics/read-slots.js';

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
  /** Comes when nobody has to know any more. */
  readonly closing: Ending;
}

/** Lets subscriptions be decided on anew, a bounded number at a time and each within a time. */
export class Rechecks {
  readonly #options: RechecksOptions;
  readonly #slots: ReadSlots;

  constructor(options: RechecksOptions) {
    this.#options = options;
    this.#slots = new ReadSlots(options.limits.authRunning);
  }

  /**
   * Gives the error by which a subscription has to end, and `undefined` for one that may go on.
   * Whoever could not be asked has not said no: its client may subscribe again, and will.
   */
  run({ name, decide, closing }: Recheck): Promise<TrunklineError | undefined> {
    const { runtime, limits, report } = this.#options;
    return this.#slots.run(async () => {
      const late = new Ending();
      const stopListening = closing.listen((reason) => late.end(reason));
      const timer = runtime.startTimer(limits.authMs, () =>
        late.end(new Error(`the authorizer has not decided within ${limits.authMs} ms`)),
      );
      try {
        closing.throwIfEnded();
        await late.orSooner(decide());
        return undefined;
      } catch (error) {
        if (error instanceof TrunklineError) return error;
        if (error !== CLOSED) report({ error, where: name });
        return UNCHECKED;
      } finally {
        timer.cancel();
        stopListening();
      }
    });
  }
}

/** Throws a TypeError for options that choose nothing, such as a topic that does not exist. */
export function assertRecheck(
  { principal, topic, ...rest }: RecheckOptions,
  hasTopic: (name: string) => boolean,
): void {
  for (const name of Object.keys(rest)) {
    throw new TypeError(`unknown option "${name}" of recheck: expected principal, topic`);
  }
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

/** The reason with which a connection ends its rechecks. */
export const CLOSED = new Error('the connection is closed');

const UNCHECKED = ownError('UNAVAILABLE', 'it could not be decided whether this is allowed', {
  executed: 'no',
});
