import type { Server } from '@trunkline/server';
import type { Observed, Observer } from '@trunkline/server/operations';
import type { Trace } from './trace.js';

type Call = Observed<'callStarted'>;
type Connection = Observed<'connectionOpened'>;

/** Checks that what observers of one server are told adds up: whatever begins ends, once. */
export class ObserverWitness implements Observer {
  readonly #trace: Trace;
  readonly #connections = new Set<Connection>();
  readonly #sessions = new Set<string>();
  readonly #calls = new Set<Call>();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  connectionOpened(connection: Connection): void {
    this.#connections.add(connection);
  }

  connectionClosed({ connection }: Observed<'connectionClosed'>): void {
    this.#ends(this.#connections.delete(connection), `connection ${connection.number}`);
  }

  sessionOpened({ session }: Observed<'sessionOpened'>): void {
    this.#sessions.add(session);
  }

  sessionEnded({ session }: Observed<'sessionEnded'>): void {
    this.#ends(this.#sessions.delete(session), `session ${session}`);
  }

  callStarted(call: Call): void {
    this.#calls.add(call);
  }

  callEnded({ call, code, executed, handlerMs, ms }: Observed<'callEnded'>): void {
    this.#ends(this.#calls.delete(call), call.procedure);
    const isSound = (code === 'OK') === (executed === 'yes') || code !== 'OK';
    this.#check(isSound, () => `${call.procedure} ended ${code}, executed ${executed}`);
    const isTimed = handlerMs === undefined || handlerMs <= ms;
    this.#check(isTimed, () => `the handler of ${call.procedure} took longer than all of it`);
  }

  gapTold({ topic, messages }: Observed<'gapTold'>): void {
    const isSound = messages === undefined || messages > 0;
    this.#check(isSound, () => `a gap of ${topic} spans ${messages} messages`);
  }

  /** The server has closed: nothing of it is left, and every message is accounted for. */
  closed(server: Server): void {
    for (const { topic, offered, delivered, conflated, gap } of server.topicCounts) {
      this.#check(
        offered === delivered + conflated + gap,
        () => `${topic}: ${offered} offered, ${delivered} + ${conflated} + ${gap} accounted for`,
      );
    }
    this.#check(
      this.#connections.size === 0,
      () => `${this.#connections.size} connections never closed`,
    );
    this.#check(this.#sessions.size === 0, () => `${this.#sessions.size} sessions never ended`);
    this.#check(this.#calls.size === 0, () => `${this.#calls.size} calls never ended`);
  }

  #ends(wasOpen: boolean, what: string): void {
    this.#check(wasOpen, () => `${what} ended and had not begun`);
  }

  #check(holds: boolean, text: () => string): void {
    this.#trace.check(holds, () => `observers: ${text()}`);
  }
}
