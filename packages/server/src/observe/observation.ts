import { isErrorCode, TrunklineError, type Runtime } from '@trunkline/protocol';
import type { ReportFailure } from '../failure.js';
import { notifier } from '../hook.js';
import type { PublishEnded } from './observed-events.js';
import type { Observed, Observer } from './observer.js';
import { TopicTally } from './topic-tally.js';

/** A call that clients answer, and the errors that its contract declares. */
interface CalledProcedure {
  readonly name: string;
  readonly definition: { readonly errors: object };
}

/** Everything that is told with one object. */
export type ObservedName = keyof Observer;

/**
 * Tells the observers of a server what happens. A server without observers has none of these, and
 * asks only whether there is one.
 */
export class Observation {
  readonly #told = new Map<ObservedName, readonly ((event: never) => void)[]>();
  readonly #tallies = new Map<string, TopicTally>();
  #numbers = 0;

  constructor(
    observers: readonly Observer[],
    readonly runtime: Runtime,
    report: ReportFailure,
  ) {
    for (const name of OBSERVED_NAMES) {
      const told = observers.flatMap((observer) => {
        const method = observer[name]?.bind(observer) as ((event: never) => void) | undefined;
        return method === undefined ? [] : [quiet(method, name, report)];
      });
      if (told.length > 0) this.#told.set(name, told);
    }
  }

  /** Whether anybody wants to be told: what is told costs something to find out. */
  hears(name: ObservedName): boolean {
    return this.#told.has(name);
  }

  /** Tells all who want to know. Never throws. */
  tell<Name extends ObservedName>(name: Name, event: Observed<Name>): void {
    const told = this.#told.get(name);
    if (told !== undefined) for (const tell of told) tell(event as never);
  }

  /** Gives a number that was never given. */
  nextNumber(): number {
    return ++this.#numbers;
  }

  /** Tells what a broker makes of a message. */
  published(receipt: Promise<unknown>, about: Omit<PublishEnded, 'ok' | 'ms'>): void {
    if (!this.hears('publishEnded')) return;
    const startedAt = this.runtime.now();
    const tell = (ok: boolean) => (): void => {
      this.tell('publishEnded', { ...about, ok, ms: this.runtime.now() - startedAt });
    };
    receipt.then(tell(true), tell(false));
  }

  /** Tells what comes of a call to a client. */
  clientCalled(
    called: Promise<unknown>,
    session: string,
    { name: procedure, definition: { errors } }: CalledProcedure,
  ): void {
    if (!this.hears('clientCallEnded')) return;
    const startedAt = this.runtime.now();
    const tell = (code: string): void => {
      this.tell('clientCallEnded', {
        session,
        procedure,
        code,
        ms: this.runtime.now() - startedAt,
      });
    };
    called.then(
      () => tell('OK'),
      (error: unknown) => tell(codeOf(error, errors)),
    );
  }

  /** What has become of the messages of each topic that somebody was subscribed to. */
  get topics(): Iterable<TopicTally> {
    return this.#tallies.values();
  }

  /** Gives the tally of a topic of a contract, for all params. */
  tallyOf(topic: string): TopicTally {
    let tally = this.#tallies.get(topic);
    if (tally === undefined) {
      const told = this.hears('messageDelivered')
        ? (bytes: number, subscribers: number) =>
            this.tell('messageDelivered', { topic, bytes, subscribers })
        : undefined;
      this.#tallies.set(topic, (tally = new TopicTally(topic, told)));
    }
    return tally;
  }
}

/** The methods of an observer: each of them, so that it is looked at once. */
export const OBSERVED_NAMES = Object.keys({
  connectionRefused: true,
  connectionOpened: true,
  connectionClosed: true,
  authDecided: true,
  sessionOpened: true,
  sessionResumed: true,
  sessionGone: true,
  sessionDetached: true,
  sessionEnded: true,
  callStarted: true,
  callEnded: true,
  subscribed: true,
  subscriptionEnded: true,
  gapTold: true,
  publishEnded: true,
  messageDelivered: true,
  clientCallEnded: true,
  limitHit: true,
  drainStarted: true,
  drainEnded: true,
  leaked: true,
} satisfies Record<ObservedName, true>) as ObservedName[];

/** Gives the observation of the observers; `undefined` where there is none. */
export function createObservation(
  observers: readonly Observer[] | undefined,
  { runtime, report }: { readonly runtime: Runtime; readonly report: ReportFailure },
): Observation | undefined {
  return observers === undefined || observers.length === 0
    ? undefined
    : new Observation(observers, runtime, report);
}

/** Codes that a client makes up would be without number. */
function codeOf(error: unknown, declared: object): string {
  if (!(error instanceof TrunklineError)) return 'INTERNAL';
  const { code } = error;
  return isErrorCode(code) || Object.hasOwn(declared, code) ? code : 'other';
}

/** What an observer throws, or rejects with, is reported once: it would be each time. */
function quiet(
  method: (event: never) => unknown,
  name: ObservedName,
  report: ReportFailure,
): (event: never) => void {
  let hasFailed = false;
  return notifier(method, `observer.${name}`, (failure) => {
    if (!hasFailed) report(failure);
    hasFailed = true;
  });
}
