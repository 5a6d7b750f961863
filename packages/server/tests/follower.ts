import {
  decodeBatch,
  Violation,
  type Cursor,
  type GapMessage,
  type Message,
  type Outgoing,
  type SharedBatch,
  type SubscribedMessage,
} from '@trunkline/protocol';
import type { RecordForm } from '../src/topics/record-form.js';
import type { SubscriptionLink } from '../src/topics/topic-subscription.js';

/** What became of offsets of a topic, as a client was told; without an end for all of the epoch. */
export interface Told {
  readonly kind: 'delivered' | 'conflated' | 'missing';
  readonly epoch: string;
  readonly from: number;
  readonly to: number | undefined;
}

/**
 * A connection that takes what it is given while it has room, and a client that follows one
 * subscription: it throws when it is told what does not follow from what it was told before.
 */
export class Follower implements SubscriptionLink {
  hasSpace = true;
  readonly seen: Message[] = [];
  /** Batches that others share. */
  readonly batches: Uint8Array[] = [];
  /** What became of every offset behind the place at which it began, in order. */
  readonly told: Told[] = [];
  /** Offsets of the messages that have come, and how many it was told that it misses. */
  readonly offsets: number[] = [];
  missing = 0;
  place: Cursor | undefined;
  isStale = false;
  /** Whether the server has closed the connection. */
  isCut = false;
  #topic: number | undefined;
  #owed: SubscribedMessage | undefined;
  readonly #keeps: boolean;
  readonly #waiters: { resume(): void }[] = [];

  /** `keeps` says whether the topic has history, so that no join but the first may be fresh. */
  constructor(place?: Cursor, keeps = true) {
    this.place = place;
    this.#keeps = keeps;
  }

  send(message: Message): void {
    this.seen.push(message);
    if (message.kind === 'SUBSCRIBED') this.#subscribed(message);
    else if (message.kind === 'GAP') this.#gap(message);
    else if (message.kind === 'STALE') this.isStale = true;
  }

  sendShared(shared: SharedBatch): Outgoing {
    this.batches.push(shared.seal());
    this.#receive(shared.seal());
    return { content: shared, size: shared.size, number: 0, isBegun: false, state: 'written' };
  }

  grew(): void {
    throw new Error('what was written cannot grow');
  }

  #receive(bytes: Uint8Array): void {
    const batch = decodeBatch(bytes);
    if (batch instanceof Violation) throw new Error(batch.reason);
    for (const message of batch.messages as Message[]) {
      this.seen.push(message);
      if (message.kind !== 'MESSAGE') throw new Error(`${message.kind} in a shared frame`);
      this.#expect(!this.isStale, 'a message while stale');
      this.#expect(message.topic === this.#topic, `a message of topic ${message.topic}`);
      const { offset, skipped } = message;
      this.#advance(offset - skipped - 1, offset);
      this.offsets.push(offset);
      if (skipped > 0) this.#note('conflated', offset - skipped, offset - 1);
      this.#note('delivered', offset, offset);
    }
  }

  hasRoom(): boolean {
    return this.hasSpace;
  }

  waitForRoom(waiter: { resume(): void }): void {
    this.#waiters.push(waiter);
  }

  read<Result>(task: () => Promise<Result>): Promise<Result> {
    return task();
  }

  tooSlow(): void {
    this.isCut = true;
  }

  open(): void {
    this.hasSpace = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resume();
  }

  /** The messages of one kind that have come. */
  of<Kind extends Message['kind']>(kind: Kind): Extract<Message, { kind: Kind }>[] {
    return this.seen.filter(
      (message): message is Extract<Message, { kind: Kind }> => message.kind === kind,
    );
  }

  #subscribed(message: SubscribedMessage): void {
    this.isStale = false;
    this.#topic = message.topic;
    const { epoch, offset } = message;
    if (message.state === 'gap') {
      this.#owed = message;
      return;
    }
    if (message.state === 'recovered') {
      this.#expect(this.place?.epoch === epoch, 'recovered in another epoch');
      this.#expect(this.place?.offset === offset, `recovered at ${offset}`);
    }
    if (message.state === 'fresh') this.#expect(!this.#keeps || !this.place, 'fresh again');
    const { place } = this;
    const isFurther = place?.epoch !== epoch || place.offset < offset;
    if (place !== undefined && isFurther) {
      this.#note('missing', place.offset + 1, place.epoch === epoch ? offset : undefined);
    }
    this.place = { epoch, offset };
  }

  #gap({ epoch, from, to }: GapMessage): void {
    this.#expect(epoch === this.place?.epoch, `a gap in epoch ${epoch}`);
    const owed = this.#owed;
    this.#owed = undefined;
    this.#note('missing', from, to);
    if (owed !== undefined && to === undefined) {
      this.#expect(from === (this.place?.offset ?? 0) + 1, `a gap from ${from}`);
      this.place = { epoch: owed.epoch, offset: owed.offset };
      return;
    }
    this.#advance(from - 1, to ?? 0);
    this.missing += (to ?? 0) - from + 1;
    this.#expect(owed === undefined || owed.offset === to, `a gap to ${to}`);
  }

  #note(kind: Told['kind'], from: number, to: number | undefined): void {
    this.told.push({ kind, epoch: this.place?.epoch ?? '', from, to });
  }

  #advance(before: number, offset: number): void {
    this.#expect(this.#owed === undefined, 'no gap where one was announced');
    this.#expect(before === this.place?.offset && offset > before, `${offset} after ${before}`);
    this.place = { epoch: this.place?.epoch ?? '', offset };
  }

  #expect(holds: boolean, what: string): void {
    if (!holds) throw new Error(`${what}, at ${this.place?.epoch} ${this.place?.offset}`);
  }
}

/** Records go out as they are. */
export const AS_IS: RecordForm = { name: 'plain', payloadOf: (record) => record };
