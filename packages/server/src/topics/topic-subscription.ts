import type { Cursor, GapReason, JoinState, Message } from '@trunkline/protocol';
import type { Broker, PlacedRecord } from '../broker.js';
import type { ServerLimits } from '../limits.js';
import type { HubTopic, Subscriber } from './hub-topic.js';

/** What a subscription needs of its connection. */
export interface SubscriptionLink {
  send(message: Message): void;
  sendShared(frame: Uint8Array): void;
  /** Whether more topic messages may wait for writing. */
  hasRoom(): boolean;
  /** Calls `resume` once when there is room again. */
  waitForRoom(waiter: { resume(): void }): void;
}

export interface TopicSubscriptionOptions {
  readonly sub: number;
  readonly topic: HubTopic;
  /** Whether the topic keeps history. */
  readonly keeps: boolean;
  readonly broker: Broker;
  readonly limits: ServerLimits;
  readonly link: SubscriptionLink;
  /** The broker failed; the subscription has to end. */
  readonly failed: (error: unknown) => void;
}

interface Missing {
  readonly epoch: string;
  readonly from: number;
  readonly to: number | undefined;
  readonly reason: GapReason;
}

/** Where a subscription begins, and what it tells the client about that. */
interface Start {
  readonly state: JoinState;
  readonly offset: number;
  readonly gap?: Missing;
}

/**
 * One client's subscription to one topic. It is `live` while every record goes out as it comes, and
 * `behind` while it reads what it has not sent from history: when it joins, and when the client
 * was too slow. Both end in the same place, so there is one way to catch up.
 */
export class TopicSubscription implements Subscriber {
  readonly #options: TopicSubscriptionOptions;
  #state: 'joining' | 'behind' | 'live' | 'closed' = 'joining';
  #epoch = '';
  #position = 0;
  /** Why records may be missing when it has to catch up. */
  #lag: GapReason = 'expired';
  #isReading = false;

  constructor(options: TopicSubscriptionOptions) {
    this.#options = options;
    options.topic.add(this);
  }

  get sub(): number {
    return this.#options.sub;
  }

  get topic(): HubTopic {
    return this.#options.topic;
  }

  /** Starts from a cursor, from the newest `last` records, or from now. */
  async join(cursor: Cursor | undefined, last: number | undefined): Promise<void> {
    this.#state = 'joining';
    this.topic.beginJoin();
    try {
      const start = await this.#findStart(cursor, last);
      if (!this.#isClosed()) this.#begin(start);
    } catch (error) {
      if (!this.#isClosed()) this.#options.failed(error);
    } finally {
      this.topic.endJoin();
    }
  }

  deliver(record: PlacedRecord, frame: Uint8Array): void {
    if (this.#state !== 'live') return;
    if (!this.#options.link.hasRoom()) {
      this.#lag = 'slow';
      this.#fallBehind();
      return;
    }
    this.#position = record.offset;
    this.#options.link.sendShared(frame);
  }

  moved(): void {
    if (this.#state === 'closed' || this.#state === 'joining') return;
    void this.join({ epoch: this.#epoch, offset: this.#position }, undefined);
  }

  /** The connection has room again. */
  resume(): void {
    if (this.#state === 'behind') this.#catchUp();
  }

  close(): void {
    if (this.#state === 'behind') this.topic.endJoin();
    this.#state = 'closed';
    this.topic.remove(this);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #findStart(cursor: Cursor | undefined, last: number | undefined): Promise<Start> {
    const { topic, keeps } = this.#options;
    // Without history nobody can say what was missed, so nothing is said.
    if (!keeps || (cursor === undefined && last === undefined)) {
      return { state: 'fresh', offset: topic.place.offset };
    }
    if (cursor === undefined) {
      const wanted = Math.max(0, topic.place.offset - (last ?? 0));
      return { state: 'fresh', offset: await this.#firstKept(wanted) };
    }
    const isSameEpoch = cursor.epoch === topic.place.epoch && cursor.offset <= topic.place.offset;
    if (!isSameEpoch) {
      const gap: Missing = {
        epoch: cursor.epoch,
        from: cursor.offset + 1,
        to: undefined,
        reason: 'epoch',
      };
      return { state: 'gap', offset: await this.#firstKept(0), gap };
    }
    const offset = await this.#firstKept(cursor.offset);
    if (offset <= cursor.offset) return { state: 'recovered', offset: cursor.offset };
    const gap: Missing = {
      epoch: cursor.epoch,
      from: cursor.offset + 1,
      to: offset,
      reason: 'expired',
    };
    return { state: 'gap', offset, gap };
  }

  /** The place after `after` from which everything is kept. */
  async #firstKept(after: number): Promise<number> {
    const { topic, broker } = this.#options;
    if (after >= topic.place.offset) return topic.place.offset;
    const page = await broker.history(topic.key, { after, maxRecords: 1, maxBytes: 1 });
    const first = page.records[0];
    return first === undefined
      ? Math.max(after, topic.place.offset)
      : Math.max(after, first.previous);
  }

  #begin({ state, offset, gap }: Start): void {
    const { topic, link, sub } = this.#options;
    this.#epoch = topic.place.epoch;
    this.#position = offset;
    const top = Math.max(offset, topic.place.offset);
    link.send({
      kind: 'SUBSCRIBED',
      sub,
      topic: topic.number,
      state,
      epoch: this.#epoch,
      offset,
      top,
    });
    if (gap !== undefined) link.send({ kind: 'GAP', sub, ...gap });
    this.#lag = 'expired';
    this.#fallBehind();
  }

  #fallBehind(): void {
    this.#state = 'behind';
    this.topic.beginJoin();
    this.#catchUp();
  }

  #goLive(): void {
    this.#state = 'live';
    this.topic.endJoin();
  }

  /** Sends what is missing, as far as there is room; goes live in the turn in which none is left. */
  #catchUp(): void {
    if (this.#isReading) return;
    while (this.#state === 'behind' && this.#options.link.hasRoom()) {
      const recent = this.topic.recentAfter(this.#position);
      if (recent === undefined) return this.#read();
      if (recent.length === 0) return this.#goLive();
      this.#sendWhileRoom(recent);
    }
    if (this.#state === 'behind') this.#options.link.waitForRoom(this);
  }

  #read(): void {
    this.#isReading = true;
    this.#readPage().then(
      () => {
        this.#isReading = false;
        this.#catchUp();
      },
      (error: unknown) => {
        this.#isReading = false;
        if (!this.#isClosed()) this.#options.failed(error);
      },
    );
  }

  async #readPage(): Promise<void> {
    const { broker, keeps, limits, topic } = this.#options;
    const epoch = this.#epoch;
    const query = {
      after: this.#position,
      maxRecords: limits.pageRecords,
      maxBytes: limits.pageBytes,
    };
    const page = keeps ? await broker.history(topic.key, query) : undefined;
    if (this.#state !== 'behind' || epoch !== topic.place.epoch) return;
    const records = page?.records ?? [];
    const from = records[0]?.previous ?? this.topic.recentStart;
    if (from > this.#position) this.#reportGap(from);
    this.#sendWhileRoom(records);
  }

  #sendWhileRoom(records: readonly PlacedRecord[]): void {
    for (const record of records) {
      if (!this.#options.link.hasRoom()) return;
      this.#position = record.offset;
      this.#options.link.sendShared(this.topic.frame(record));
    }
  }

  #reportGap(to: number): void {
    const { link, sub } = this.#options;
    link.send({
      kind: 'GAP',
      sub,
      epoch: this.#epoch,
      from: this.#position + 1,
      to,
      reason: this.#lag,
    });
    this.#position = to;
  }
}
