import { systemRuntime, type Runtime } from '@trunkline/protocol';
import type { ServerFailure } from '@trunkline/server';
import type { Observed, Observer } from '@trunkline/server/operations';
import type { Level, Log } from './log.js';
import { Repeats } from './repeats.js';

/** What is logged of a server, and how. */
export interface LogOptions {
  /** A call that takes longer is a warning; 1 s unless given. */
  readonly slowMs?: number;
  /** Whether lines name who is signed in; they do not unless it is `true`. */
  readonly principals?: boolean;
  /** At most one line in this time for each kind of refusal, with how many were left out; 1 s. */
  readonly repeatMs?: number;
  /** The clock; the machine's when left out. */
  readonly runtime?: Pick<Runtime, 'now'>;
}

const SLOW_MS = 1_000;
const REPEAT_MS = 1_000;

/** Close codes by which a server says that its peer broke the protocol. */
const BROKEN: ReadonlySet<number> = new Set([1008, 1009, 4400]);

/**
 * Gives an observer that writes a structured line for what happens. Calls and connections are
 * `debug`; sessions, gaps and drains `info`; what was refused or slow `warn`; handlers and brokers
 * that failed `error`. A line never holds a payload, a token or a query.
 */
export function logTo(log: Log, options: LogOptions = {}): Observer {
  return new LogObserver(log, options);
}

/** Gives an `onError` that logs what clients are not told: the error, where, and the id they got. */
export function failuresTo(log: Log): (failure: ServerFailure) => void {
  return ({ error, where, id }) => {
    const isWarning = error instanceof Error && error.name === 'Warning';
    // A warning says all in its text: where it was given is the server's own code.
    if (isWarning) log.warn({ event: 'failure', where, id }, error.message);
    else log.error({ event: 'failure', err: error, where, id }, `${where} failed`);
  };
}

class LogObserver implements Observer {
  readonly #log: Log;
  readonly #slowMs: number;
  readonly #namesPrincipals: boolean;
  readonly #repeats: Repeats;

  constructor(log: Log, options: LogOptions) {
    const { slowMs = SLOW_MS, principals = false, repeatMs = REPEAT_MS } = options;
    this.#log = log;
    this.#slowMs = slowMs;
    this.#namesPrincipals = principals;
    this.#repeats = new Repeats(options.runtime ?? systemRuntime, repeatMs);
  }

  connectionRefused(event: Observed<'connectionRefused'>): void {
    this.#refused(`${event.status} ${event.reason}`, 'connection refused', {
      event: 'connectionRefused',
      ...event,
    });
  }

  connectionOpened({ number, remoteAddress, origin }: Observed<'connectionOpened'>): void {
    const fields = { event: 'connectionOpened', connection: number, remoteAddress, origin };
    this.#write('debug', fields, 'connection opened');
  }

  connectionClosed(event: Observed<'connectionClosed'>): void {
    const { connection, session, code, reason, by, ms } = event;
    const about = { event: 'connectionClosed', connection: connection.number, session, by, ms };
    // What a peer says of its own close is any text.
    const why = by === 'server' ? { code, reason } : { code };
    const isBroken = by === 'server' && BROKEN.has(code);
    const { remoteAddress } = connection;
    if (!isBroken) this.#write('debug', { ...about, ...why }, 'connection closed');
    else this.#refused(`${code}`, 'protocol broken', { ...about, ...why, remoteAddress });
  }

  authDecided({ principal, ...event }: Observed<'authDecided'>): void {
    const fields = { event: 'authDecided', ...event, ...this.#who({ principal }) };
    if (event.outcome !== 'refused') return this.#write('debug', fields, `client ${event.outcome}`);
    this.#refused(`auth ${event.code}`, 'client refused', fields);
  }

  sessionOpened(event: Observed<'sessionOpened'>): void {
    this.#session('sessionOpened', 'session opened', event);
  }

  sessionResumed(event: Observed<'sessionResumed'>): void {
    this.#session('sessionResumed', 'session resumed', event);
  }

  sessionGone({ reason }: Observed<'sessionGone'>): void {
    this.#write('info', { event: 'sessionGone', reason }, 'session is gone');
  }

  sessionDetached(event: Observed<'sessionDetached'>): void {
    this.#session('sessionDetached', 'session detached', event);
  }

  sessionEnded(event: Observed<'sessionEnded'>): void {
    this.#session('sessionEnded', 'session ended', event);
  }

  callEnded({ call, ...event }: Observed<'callEnded'>): void {
    const { code, ms } = event;
    const isSlow = ms > this.#slowMs && call.kind !== 'stream';
    const level = code === 'INTERNAL' ? 'error' : isSlow ? 'warn' : 'debug';
    // There may be very many of them.
    if (this.#log.isLevelEnabled?.(level) === false) return;
    const what = { error: 'failed', warn: 'is slow', debug: code }[level];
    this.#write(level, { event: 'callEnded', ...call, ...event }, `${call.procedure} ${what}`);
  }

  subscribed(event: Observed<'subscribed'>): void {
    this.#write('debug', { event: 'subscribed', ...event }, `${event.topic} subscribed`);
  }

  subscriptionEnded(event: Observed<'subscriptionEnded'>): void {
    this.#write('debug', { event: 'subscriptionEnded', ...event }, `${event.topic} left`);
  }

  gapTold(event: Observed<'gapTold'>): void {
    this.#write('info', { event: 'gapTold', ...event }, `${event.topic} has a gap`);
  }

  publishEnded(event: Observed<'publishEnded'>): void {
    const fields = { event: 'publishEnded', ...event };
    if (event.ok) this.#write('debug', fields, `${event.topic} published`);
    else this.#write('error', fields, `${event.topic} was not published`);
  }

  clientCallEnded(event: Observed<'clientCallEnded'>): void {
    this.#write(
      'debug',
      { event: 'clientCallEnded', ...event },
      `${event.procedure} ${event.code}`,
    );
  }

  limitHit(event: Observed<'limitHit'>): void {
    this.#refused(`limit ${event.limit}`, `limit ${event.limit} met`, {
      event: 'limitHit',
      ...event,
    });
  }

  drainStarted(event: Observed<'drainStarted'>): void {
    this.#write('info', { event: 'drainStarted', ...event }, 'drain started');
  }

  drainEnded(event: Observed<'drainEnded'>): void {
    this.#write('info', { event: 'drainEnded', ...event }, 'drain ended');
  }

  leaked(event: Observed<'leaked'>): void {
    this.#write('warn', { event: 'leaked', ...event }, `${event.procedure} goes on after its end`);
  }

  #session(event: string, text: string, { principal, ...about }: Observed<'sessionOpened'>): void {
    this.#write('info', { event, ...about, ...this.#who({ principal }) }, text);
  }

  #who(principal: { readonly principal: string | undefined }): object {
    return this.#namesPrincipals ? principal : {};
  }

  #write(level: Level, fields: object, text: string): void {
    if (this.#log.isLevelEnabled?.(level) === false) return;
    this.#log[level](rounded(fields), text);
  }

  #refused(kind: string, text: string, fields: object): void {
    const leftOut = this.#repeats.leftOut(kind);
    if (leftOut === undefined) return;
    this.#write('warn', leftOut === 0 ? fields : { ...fields, leftOut }, text);
  }
}

/** Gives numbers no more digits than a person reads. */
function rounded(fields: object): object {
  const entries = Object.entries(fields).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'number' ? Math.round(value * 100) / 100 : value,
  ]);
  return Object.fromEntries(entries) as object;
}
