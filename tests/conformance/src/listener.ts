import type { Arrival } from './arrival.js';
import type { Correspondence } from './correspondence.js';
import {
  fromMessage,
  itemsOf,
  type BatchStep,
  type BytesStep,
  type EndStep,
  type ItemsStep,
  type ShownMessage,
  type TextStep,
} from './conversation.js';
import { CLAIM_ID, type Speaker } from './speaker.js';
import type { WireEnd } from './wire-end.js';

/** What may stand between the messages that are waited for. */
const AMBIENT = new Set(['CREDIT', 'PONG', 'VOID', 'SKIPPED', 'BIND', 'ACKNOWLEDGED']);
/** How long it is looked at whether more comes than is due: acknowledgements take 200 ms. */
const DRAIN_MS = 300;
const ACK_MS = 1_000;

/** Hears whether a peer under test says what its steps say. */
export class Listener {
  /** What the peer under test says that it can take, once it has. */
  features: number | undefined;
  /** How long a session of the server under test lives without a connection. */
  ttlMs = 0;
  readonly #correspondence: Correspondence;
  readonly #speaker: Speaker;
  readonly #mayFollow: readonly string[];

  constructor(correspondence: Correspondence, speaker: Speaker, mayFollow: readonly string[]) {
    this.#correspondence = correspondence;
    this.#speaker = speaker;
    this.#mayFollow = mayFollow;
  }

  /** Waits for a step until a moment; says what comes in its place. */
  async hear(
    end: WireEnd,
    step: BatchStep | ItemsStep | BytesStep | TextStep,
    until: number,
  ): Promise<string | undefined> {
    if ('bytes' in step || 'text' in step) return 'a peer under test cannot be asked for that';
    if ('items' in step) return this.#hearAll(end, { messages: itemsOf(step) }, until);
    if (step.messages.length === 0) return this.#hearAck(end);
    const { withinMs = Infinity } = step;
    return this.#hearAll(end, step, Math.min(until, performance.now() + withinMs));
  }

  /** Waits for the end of a connection until a moment; says what is wrong with it. */
  async awaitEnd(
    end: WireEnd,
    { close, reason = '', notBeforeMs = 0 }: Pick<EndStep, 'close' | 'reason' | 'notBeforeMs'>,
    until: number,
  ): Promise<string | undefined> {
    const began = performance.now();
    for (;;) {
      const arrival = await end.arrivals.next(until - performance.now());
      if (arrival === undefined) {
        return `expected the connection to be closed with ${close}, and it stayed open`;
      }
      if (arrival.kind !== 'ENDED_CONNECTION') {
        const fault = this.#judgeStray(arrival);
        if (fault !== undefined) return fault;
        continue;
      }
      if (arrival.code !== close) {
        return `expected close ${close}, got ${arrival.code} ${arrival.reason}`;
      }
      const names = arrival.reason.split(' ');
      if (!reason.split(' ').every((name) => name === '' || names.includes(name))) {
        return `closed with the reason "${arrival.reason}", expected "${reason}" in it`;
      }
      const afterMs = Math.round(performance.now() - began);
      if (afterMs >= notBeforeMs) return undefined;
      return `closed after ${afterMs} ms, expected at least ${notBeforeMs} ms`;
    }
  }

  /** Looks for a while at what comes when nothing is due, and for acknowledgements. */
  async drain(end: WireEnd): Promise<string | undefined> {
    const until = performance.now() + DRAIN_MS;
    for (;;) {
      const arrival = await end.arrivals.next(until - performance.now());
      if (arrival === undefined) break;
      const fault = this.#judgeStray(arrival);
      if (fault !== undefined) return fault;
    }
    const fault = await end.acknowledgements.settle(ACK_MS);
    return fault && `the peer ${fault}`;
  }

  async #hearAll(
    end: WireEnd,
    { messages, anyOrder }: Pick<BatchStep, 'messages' | 'anyOrder'>,
    until: number,
  ): Promise<string | undefined> {
    const due = [...messages];
    while (due.length > 0) {
      const fault = await this.#hearOne(end, anyOrder ? due : due.splice(0, 1), until);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Takes the next message that matters and removes what it is from what is due. */
  async #hearOne(end: WireEnd, due: ShownMessage[], until: number): Promise<string | undefined> {
    const [first] = due as [ShownMessage];
    // Peers grant credit and bind when they like: the ledger judges what they do with it.
    if (first.kind === 'BIND') this.#correspondence.expectBind(first);
    if (first.kind === 'CREDIT' || first.kind === 'BIND') return void due.shift();
    for (;;) {
      const arrival = await end.arrivals.next(until - performance.now());
      if (arrival === undefined) return `expected ${first.kind}, and nothing came in time`;
      if (arrival.kind === 'BROKEN') return `the peer ${arrival.fault}`;
      if (arrival.kind === 'BIND') this.#correspondence.takeBind(arrival);
      if (arrival.kind === 'HELLO' || arrival.kind === 'WELCOME') this.features = arrival.features;
      if (arrival.kind === 'HELLO') this.#speaker.takeFeatures(arrival.features);
      if (arrival.kind === 'WELCOME') this.ttlMs = arrival.ttlMs;
      const index = due.findIndex(({ kind }) => kind === arrival.kind);
      if (index < 0 && this.#isAmbient(arrival)) continue;
      if (arrival.kind === 'ENDED_CONNECTION') {
        return `expected ${first.kind}, and the connection ended with ${arrival.code} ${arrival.reason}`;
      }
      if (arrival.kind === 'ACKNOWLEDGED') continue;
      const [shown = first] = due.splice(Math.max(index, 0), 1);
      return this.#correspondence.compare(shown, fromMessage(arrival));
    }
  }

  /** Waits for an acknowledgement of all, later than the last batch that was said. */
  async #hearAck(end: WireEnd): Promise<string | undefined> {
    const until = performance.now() + ACK_MS;
    for (;;) {
      const arrival = await end.arrivals.next(until - performance.now());
      if (arrival === undefined) return 'expected an acknowledgement, and none came in time';
      if (arrival.kind === 'ACKNOWLEDGED') {
        if (arrival.nth > this.#speaker.acksBefore && arrival.isAll) return undefined;
        continue;
      }
      const fault = this.#judgeStray(arrival);
      if (fault !== undefined) return fault;
    }
  }

  #judgeStray(arrival: Arrival): string | undefined {
    if (arrival.kind === 'BROKEN') return `the peer ${arrival.fault}`;
    if (arrival.kind === 'ENDED_CONNECTION') {
      return `the connection ended with ${arrival.code} ${arrival.reason}`;
    }
    if (this.#isAmbient(arrival) || this.#mayFollow.includes(arrival.kind)) return undefined;
    return `got ${arrival.kind}, and nothing was due`;
  }

  #isAmbient(arrival: Arrival): boolean {
    if (arrival.kind === 'ITEM') return this.#speaker.stopped.has(arrival.id);
    const isAnswer = arrival.kind === 'ERROR' || arrival.kind === 'RESULT';
    // To a client under test no other id than this one is ours.
    if (isAnswer && arrival.id === CLAIM_ID) return true;
    return AMBIENT.has(arrival.kind);
  }
}
