import { setTimeout as wait } from 'node:timers/promises';
import { FEATURES, type Message } from '@trunkline/protocol';
import type { Correspondence } from './correspondence.js';
import {
  callsOf,
  itemsOf,
  toMessage,
  type BatchStep,
  type BytesStep,
  type CallsStep,
  type ItemsStep,
  type ShownMessage,
  type TextStep,
} from './conversation.js';
import type { WireEnd } from './wire-end.js';

/** A call that a client is sent because it says that it takes calls. */
export const CLAIM_ID = 1;
/** So many bytes of JSON in each item use up the credit in bytes before that in items. */
const ITEM_BYTES = 8_000;
const LATER_MS = 600_000;
/** Longer than a program takes from one item to the next. */
const CREDIT_AFTER_MS = 200;
const NO_HASH = '0'.repeat(16);

/** Says the steps of the side that is not under test. */
export class Speaker {
  /** Ids whose stream we have asked to stop, so that items on their way are let pass. */
  readonly stopped = new Set<number>();
  /** How many acknowledgements had come when one was asked for last. */
  acksBefore = 0;
  readonly #correspondence: Correspondence;
  readonly #makesCalls: boolean;
  #features = 0;

  /** `makesCalls` says that the steps have calls of the server, which need no others beside them. */
  constructor(correspondence: Correspondence, makesCalls: boolean) {
    this.#correspondence = correspondence;
    this.#makesCalls = makesCalls;
  }

  /** Notes what a client says that it can take; WELCOME is followed by that. */
  takeFeatures(features: number): void {
    this.#features = features;
  }

  /** Says a step; gives what hinders it until a moment. */
  async say(
    end: WireEnd,
    step: BatchStep | ItemsStep | CallsStep | BytesStep | TextStep,
    until: number,
  ): Promise<string | undefined> {
    if ('text' in step) return end.sendText(step.text);
    if ('bytes' in step) {
      return end.sendBytes(Buffer.from(step.bytes, 'hex'), step.sequenced ?? 0);
    }
    if ('calls' in step) return this.#sayBatch(end, { messages: callsOf(step) }, until);
    if ('messages' in step) return this.#sayBatch(end, step, until);
    const { lost } = step;
    for (const item of itemsOf(step)) {
      const messages = [padded(item)];
      const fault = await this.#sayBatch(end, { messages, ...(lost && { lost }) }, until);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  async #sayBatch(
    end: WireEnd,
    step: Pick<BatchStep, 'messages' | 'anyway' | 'now' | 'again' | 'afterMs' | 'lost' | 'exact'>,
    until: number,
  ): Promise<string | undefined> {
    const { messages, anyway, now, again, afterMs = 0, lost } = step;
    if (afterMs > 0) await wait(afterMs);
    // Whatever comes is acknowledged at once.
    if (messages.length === 0) return undefined;
    // Who sends without credit has time to be seen doing it.
    if (!lost && messages.some(({ kind }) => kind === 'CREDIT')) await wait(CREDIT_AFTER_MS);
    for (const message of messages) {
      const isBound = message.kind === 'ITEM' && !anyway && !again && !end.isReplaying;
      if (isBound && !(await end.credit.open(message.id, until - performance.now()))) {
        const { fault } = end;
        return fault ? `the peer ${fault}` : `no credit came for an item of id ${message.id}`;
      }
      if (message.kind === 'CANCEL') this.stopped.add(message.id);
    }
    this.acksBefore = end.acks;
    const said = messages.map((message) => {
      const told = toMessage(this.#correspondence.translate(message));
      return step.exact ? told : placed(told, end.position);
    });
    end.send([...said, ...this.#claimed(messages)], { now, again, lost });
    return undefined;
  }

  /** What a client under test must take, since it said so. */
  #claimed(messages: readonly ShownMessage[]): Message[] {
    if (messages.every(({ kind }) => kind !== 'WELCOME')) return [];
    const sets = (bit: number): boolean => (this.#features & bit) !== 0;
    const hashes = { sendHash: NO_HASH, receiveHash: NO_HASH };
    const procedure = { procedure: 0, procedureKind: 'call', name: 'probe.nothing' } as const;
    const none = { encoding: 0, bytes: new Uint8Array(0) } as const;
    return [
      ...(sets(FEATURES.AUTH) ? [{ kind: 'AUTHED', expiresInMs: 0 } as const] : []),
      ...(sets(FEATURES.GOAWAY)
        ? [{ kind: 'GOAWAY', reason: 'old', afterMs: LATER_MS, windowMs: LATER_MS } as const]
        : []),
      ...(sets(FEATURES.CALLS) && !this.#makesCalls
        ? [
            { kind: 'BIND', ...procedure, ...hashes } as const,
            { kind: 'CALL', id: CLAIM_ID, procedure: 0, ...none } as const,
          ]
        : []),
    ];
  }
}

/** Gives a message that tells where a session is the numbers that hold in what takes place. */
function placed(message: Message, position: WireEnd['position']): Message {
  const { rx } = position;
  if (message.kind === 'RESUME') return { ...message, ...position };
  if (message.kind === 'RESUMED') return { ...message, rx };
  return message.kind === 'GONE' && message.rx !== undefined ? { ...message, rx } : message;
}

/** Gives an item blanks in its JSON, which mean nothing. */
function padded(item: ShownMessage): ShownMessage {
  if (item.kind !== 'ITEM') return item;
  const json = Buffer.from(`{"json":${JSON.stringify(item.value)}}`.padEnd(ITEM_BYTES));
  const size = [(ITEM_BYTES & 0x7f) | 0x80, ITEM_BYTES >> 7];
  return { kind: 'ITEM', id: item.id, encoding: 2, bytes: Buffer.from([...size, ...json, 0]) };
}
