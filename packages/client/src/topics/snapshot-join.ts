import {
  TrunklineError,
  type Cursor,
  type ErrorCode,
  type ProcedureCodec,
  type Timer,
} from '@trunkline/protocol';
import { backoffMs, notBefore } from '../connection/backoff.js';
import type { CallPort } from '../calls/call-port.js';
import type { ClientLimits } from '../connection/client-limits.js';
import type { Subscriber, SubscriberSink, TopicItem } from './subscriber.js';
import type { Gap, SubscriptionState } from './topic-method.js';
import { readOutput, startUnary } from '../calls/unary-call.js';

/** The call that gives the snapshot of a topic. */
export interface SnapshotCall {
  readonly name: string;
  readonly codec: ProcedureCodec | undefined;
  readonly input: unknown;
}

/** Who is given snapshots between topic messages. None of these throws. */
export interface SnapshotSink extends SubscriberSink {
  /** What the topic messages up to this place have led to. */
  snapshot(value: unknown, asOf: Cursor): void;
}

/** What a snapshot is called with. */
export interface SnapshotPort extends CallPort {
  readonly limits: ClientLimits;
}

interface Given {
  readonly value: unknown;
  readonly asOf: Cursor;
}

const RETRY_RANGE = { minMs: 250, maxMs: 20_000 };
const PASSING: readonly string[] = [
  'UNAVAILABLE',
  'SESSION_LOST',
  'DEADLINE',
  'BUSY',
  'RATE',
  'DRAINING',
  'OVERLOADED',
  'RESULT_GONE',
] satisfies ErrorCode[];

/**
 * Puts a snapshot in the place of what a subscriber cannot be given. It asks for one after each join
 * that recovers not everything, and at each gap; topic messages are held until it is there.
 */
export class SnapshotJoin implements SubscriberSink {
  readonly #port: SnapshotPort;
  readonly #call: SnapshotCall;
  readonly #sink: SnapshotSink;
  readonly #subscriber: () => Subscriber;
  /** What came since the snapshot was asked for; `undefined` while none is. */
  #held: TopicItem[] | undefined;
  #heldBytes = 0;
  /** Where its client stood before. */
  #before: Cursor | undefined;
  /** What the snapshot must include. */
  #due: Cursor | undefined;
  #isNews = false;
  #retries = 0;
  #timer: Timer | undefined;
  #abort: AbortController | undefined;

  constructor(
    port: SnapshotPort,
    call: SnapshotCall,
    { sink, subscriber }: { sink: SnapshotSink; subscriber: () => Subscriber },
  ) {
    this.#port = port;
    this.#call = call;
    this.#sink = sink;
    this.#subscriber = subscriber;
  }

  /** The place of what the client's code was given, while a snapshot is waited for. */
  get waiting(): { readonly before: Cursor | undefined } | undefined {
    return this.#held && { before: this.#before };
  }

  item(item: TopicItem): void {
    if (this.#held === undefined) return this.#sink.item(item);
    this.#held.push(item);
    this.#heldBytes += item.bytes;
    const { subscriptionMessages, subscriptionBytes } = this.#port.limits;
    if (this.#held.length <= subscriptionMessages && this.#heldBytes <= subscriptionBytes) return;
    // The next snapshot has them as well.
    this.#hold();
    this.#due = item;
  }

  gap(gap: Gap): void {
    this.refresh({ epoch: gap.epoch, offset: gap.from - 1 });
  }

  changed(state: SubscriptionState): void {
    const { status, joined } = state;
    if (status === 'ended') this.stop();
    if (status === 'live' && joined?.kind !== 'recovered') this.refresh(undefined);
    this.#sink.changed(state);
  }

  /** Asks for a snapshot; `before` is the place of what the client's code was given. */
  refresh(before: Cursor | undefined): void {
    const { place } = this.#subscriber();
    const isKnown = place?.epoch === this.#due?.epoch && place?.offset === this.#due?.offset;
    if (this.#held !== undefined && isKnown) return;
    this.#due = place;
    this.#isNews = true;
    if (this.#held !== undefined) return;
    this.#before = before;
    this.#hold();
    this.#ask();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#abort?.abort();
    this.#held = undefined;
  }

  #hold(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }

  #ask(): void {
    const { name, codec, input } = this.#call;
    this.#isNews = false;
    this.#abort = new AbortController();
    const options = { signal: this.#abort.signal };
    startUnary<Given>(
      this.#port,
      {
        kind: 'call',
        name,
        codec,
        input,
        options,
        read: (message) => {
          const value = readOutput(this.#port, message, codec?.output);
          if (value instanceof TrunklineError) return value;
          const text = 'the server did not say what the snapshot includes';
          const { asOf } = message;
          return asOf === undefined ? new TrunklineError('INTERNAL', text) : { value, asOf };
        },
      },
      { done: (given) => this.#given(given), failed: (error) => this.#failed(error) },
    );
  }

  #given({ value, asOf }: Given): void {
    const held = this.#held;
    if (held === undefined) return;
    const due = this.#due;
    const isSame = due?.epoch === asOf.epoch;
    // Another epoch is a newer one, unless this subscription has moved to one meanwhile.
    if (isSame ? asOf.offset < due.offset : this.#isNews) {
      return this.#retries++ === 0 ? this.#ask() : this.#later(0);
    }
    const subscriber = this.#subscriber();
    this.#retries = 0;
    this.#held = undefined;
    subscriber.skipTo(asOf);
    this.#sink.snapshot(value, asOf);
    for (const item of held) {
      // The user's code may have ended it.
      if (subscriber.state.status === 'ended') return;
      if (item.epoch === asOf.epoch && item.offset > asOf.offset) this.item(item);
    }
  }

  #failed(error: TrunklineError): void {
    if (this.#held === undefined) return;
    if (PASSING.includes(error.code)) {
      const { retryAfterMs } = error;
      const { runtime } = this.#port;
      return this.#later(
        retryAfterMs === undefined ? 0 : notBefore(retryAfterMs, runtime.random()),
      );
    }
    const text = `the snapshot ${this.#call.name} cannot be had: ${error.code}`;
    this.#subscriber().end(new TrunklineError('GAP', text, { cause: error }));
  }

  #later(leastMs: number): void {
    const delayMs = backoffMs(++this.#retries, RETRY_RANGE, this.#port.runtime.random());
    this.#timer = this.#port.runtime.startTimer(Math.max(delayMs, leastMs), () => this.#ask());
  }
}
