import type {
  GapReason,
  HistoryPage,
  HistoryQuery,
  Message,
  Outgoing,
  PlacedRecord,
  SharedBatch,
  StaleMessage,
} from '@trunkline/protocol';
import { isPromise } from '../chain.js';
import type { ServerLimits } from '../limits/limits.js';
import type { TalliedSubscription, TopicTally } from '../observe/topic-tally.js';
import type { HubTopic, Subscriber } from './hub-topic.js';
import { findJoinStart, offsetOf, type JoinStart, type JoinWish } from './join-start.js';
import { conflate } from './latest-records.js';

/** What a subscription needs of its connection. */
export interface SubscriptionLink {
  send(message: Message): void;
  /** Queues a batch that others send as well. */
  sendShared(batch: SharedBatch): Outgoing;
  /** A batch that was queued has so many more bytes. */
  grew(entry: Outgoing, bytes: number): void;
  /** Whether more topic messages may wait for writing. */
  hasRoom(): boolean;
  /** Calls `resume` once when there is room again. */
  waitForRoom(waiter: { resume(): void }): void;
  /** Runs a read of history in its turn among all of the connection. */
  read<Result>(task: () => Promise<Result>): Promise<Result>;
  /** Closes the connection, since its client does not take what it asked for. */
  tooSlow(): void;
}

/** What a subscription is made from. */
export interface TopicSubscriptionOptions {
  readonly sub: number;
  readonly topic: HubTopic;
  readonly limits: Pick<ServerLimits, 'pageRecords' | 'pageBytes'>;
  readonly link: SubscriptionLink;
  /** The broker failed; the subscription has to end. */
  readonly failed: (error: unknown) => void;
}

type State = 'idle' | 'joining' | 'behind' | 'live' | 'stale' | 'closed';

/**
 * One client's subscription to one topic. It is `live` while every record goes out as it comes, and
 * `behind` while it reads what it has not sent from history: when it joins, and when the client
 * was too slow. Both end in the same place, so there is one way to catch up. It is `stale` while the
 * broker cannot vouch for the topic; when it can again, the subscription joins from where it was.
 */
export class TopicSubscription implements Subscriber, TalliedSubscription {
  readonly #options: TopicSubscriptionOptions;
  /** Counts what becomes of messages, where somebody observes. */
  readonly #tally: TopicTally | undefined;
  #state: State = 'idle';
  /** Where the client is; no epoch before it was told where it begins. */
  #epoch: string | undefined;
  #offset = 0;
  /** Why it has to catch up, and records may be missing then. */
  #lag: Extract<GapReason, 'slow' | 'expired'> = 'expired';
  #isReading = false;
  /** Counts joins and moves, so that what was read before the last of them is not taken for new. */
  #round = 0;
  /** The batch that was queued last, and its place in the queue. */
  #batch = 0;
  #entry: Outgoing | undefined;

  constructor(options: TopicSubscriptionOptions) {
    this.#options = options;
    this.#tally = options.topic.tally;
    this.#tally?.add(this);
  }

  get sub(): number {
    return this.#options.sub;
  }

  get topic(): HubTopic {
    return this.#options.topic;
  }

  get queued(): number {
    const { epoch, offset } = this.topic.place;
    return epoch === this.#epoch ? Math.max(0, offset - this.#offset) : 0;
  }

  /** Starts where it is wished and possible, and tells the client. Call it once; never rejects. */
  async join(wish: JoinWish): Promise<void> {
    const { topic, link } = this.#options;
    const history = (query: HistoryQuery) => link.read(() => topic.history(query));
    topic.add(this);
    this.#become('joining');
    try {
      const begun = topic.origin;
      const origin = isPromise(begun) ? await begun : begun;
      let start: JoinStart;
      let round: number;
      do {
        round = ++this.#round;
        start = await findJoinStart({ topic, history }, { ...wish, origin });
      } while (round !== this.#round && !this.#isClosed());
      if (!this.#isClosed()) this.#begin(start, offsetOf(origin, topic));
    } catch (error) {
      if (!this.#isClosed()) this.#fail(error);
    }
  }

  deliver(record: PlacedRecord, batch: SharedBatch, grown: number): boolean {
    const { link } = this.#options;
    if (this.#entry !== undefined && this.#batch === batch.id) {
      link.grew(this.#entry, grown);
      this.#goTo(record);
      return link.hasRoom();
    }
    if (this.#state !== 'live') return true;
    // History may have been ahead of what is delivered.
    if (record.offset <= this.#offset) return false;
    if (link.hasRoom()) {
      const isNext = record.previous >= this.#offset;
      if (isNext) this.#share(record, batch);
      else this.#send(record);
      return isNext;
    }
    if (this.topic.policy.slow === 'close') link.tooSlow();
    else this.#fallBehind('slow');
    return true;
  }

  missed(record: PlacedRecord): void {
    if (this.#state === 'live' && record.offset > this.#offset) this.#reportUnreadable(record);
  }

  moved(): void {
    if (this.#state === 'joining') this.#round++;
    else if (this.#epoch !== undefined && !this.#isClosed()) {
      void this.join({ cursor: { epoch: this.#epoch, offset: this.#offset }, last: undefined });
    }
  }

  stale(reason: StaleMessage['reason']): void {
    // Who joins is told when it has joined.
    if (this.#state !== 'joining' && !this.#isClosed()) this.#awaitMove(reason);
  }

  /** The connection has room again. */
  resume(): void {
    if (this.#state === 'behind') this.#catchUp();
  }

  close(): void {
    this.#become('closed');
    this.topic.remove(this);
    this.#tally?.remove(this);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** The topic holds its newest records for whoever joins or is behind. */
  #become(state: State): void {
    const held = needsRecent(this.#state);
    this.#state = state;
    this.topic.endBatch();
    if (needsRecent(state) === held) return;
    if (held) this.topic.endBehind();
    else this.topic.beginBehind();
  }

  /** What follows `newest` was published since the subscription was asked for. */
  #begin({ state, offset, gap }: JoinStart, newest: number): void {
    const { topic, link, sub } = this.#options;
    const { epoch } = topic.place;
    const top = Math.max(offset, newest);
    this.#epoch = epoch;
    this.#offset = offset;
    link.send({ kind: 'SUBSCRIBED', sub, topic: topic.number, state, epoch, offset, top });
    if (gap !== undefined) link.send({ kind: 'GAP', sub, ...gap });
    if (gap?.to !== undefined) this.#tally?.lost(gap.to - gap.from + 1);
    if (topic.staleReason !== undefined) this.#awaitMove(topic.staleReason);
    else this.#fallBehind('expired');
  }

  #awaitMove(reason: StaleMessage['reason']): void {
    this.#become('stale');
    this.#options.link.send({ kind: 'STALE', sub: this.sub, reason });
  }

  /** A broker that has said that it cannot be reached will say when it can. */
  #fail(error: unknown): void {
    const { staleReason } = this.topic;
    if (this.#epoch === undefined || staleReason === undefined) this.#options.failed(error);
    else this.#awaitMove(staleReason);
  }

  #fallBehind(lag: 'slow' | 'expired'): void {
    this.#lag = lag;
    this.#become('behind');
    this.#catchUp();
  }

  /** Sends what is missing, as far as there is room; goes live in the turn in which none is left. */
  #catchUp(): void {
    if (this.#isReading) return;
    while (this.#state === 'behind' && this.#options.link.hasRoom()) {
      const recent = this.topic.recentAfter(this.#offset, this.#lag === 'slow');
      if (recent === undefined) return void this.#read();
      if (recent.length === 0) return this.#become('live');
      this.#sendWhileRoom(recent);
    }
    if (this.#state === 'behind') this.#options.link.waitForRoom(this);
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    const { topic, link } = this.#options;
    const round = this.#round;
    const isWanted = (): boolean => this.#state === 'behind' && this.#round === round;
    try {
      const page = topic.keeps
        ? // Others may have taken the room before this one had its turn.
          await link.read(async () => (isWanted() && link.hasRoom() ? this.#readPage() : undefined))
        : { records: [], top: { ...topic.place, offset: topic.recentStart } };
      if (page !== undefined && isWanted()) this.#sendPage(page);
    } catch (error) {
      if (isWanted()) this.#fail(error);
    }
    this.#isReading = false;
    this.#catchUp();
  }

  #readPage(): Promise<HistoryPage> {
    const { limits, topic } = this.#options;
    return topic.history({
      from: { after: this.#offset },
      maxRecords: limits.pageRecords,
      maxBytes: limits.pageBytes,
    });
  }

  #sendPage({ records, top }: HistoryPage): void {
    // Another epoch has begun at the broker, and `moved` is on its way.
    if (top.epoch !== this.#epoch) return this.#awaitMove('checking');
    const newest = top.offset > this.#offset ? top.offset : this.topic.recentStart;
    const from = records[0]?.previous ?? newest;
    if (from > this.#offset) this.#reportGap(from);
    this.#sendWhileRoom(this.#wanted(records));
  }

  /** Of what is kept, the slow get no more than the newest of each key, if nobody gets more. */
  #wanted(records: readonly PlacedRecord[]): readonly PlacedRecord[] {
    const { keyOf, slow, latest } = this.topic.policy;
    const isConflated = latest !== undefined || (slow === 'conflate' && this.#lag === 'slow');
    return isConflated && keyOf !== undefined ? conflate(records, keyOf) : records;
  }

  #sendWhileRoom(records: readonly PlacedRecord[]): void {
    let batch: SharedBatch | undefined;
    for (const record of records) {
      if (!this.#options.link.hasRoom()) return;
      batch = this.#send(record, batch);
    }
  }

  /** A place that a page gave may lie behind what the live record names as the one before it. */
  #send(record: PlacedRecord, before?: SharedBatch): SharedBatch | undefined {
    const { link, topic } = this.#options;
    const previous = Math.max(record.previous, this.#offset);
    const size = before?.size ?? 0;
    const batch = topic.addTo(
      before,
      record.previous === previous ? record : { ...record, previous },
    );
    if (batch === undefined) this.#reportUnreadable(record);
    else if (this.#entry === undefined || batch !== before) this.#share(record, batch, previous);
    else {
      link.grew(this.#entry, batch.size - size);
      this.#goTo(record, previous);
    }
    return batch;
  }

  #share(record: PlacedRecord, batch: SharedBatch, previous = record.previous): void {
    this.#goTo(record, previous);
    this.#batch = batch.id;
    this.#entry = this.#options.link.sendShared(batch);
  }

  #reportUnreadable({ offset }: PlacedRecord): void {
    this.topic.endBatch();
    this.#reportGap(offset, 'layout');
  }

  #reportGap(to: number, reason: GapReason = this.#lag): void {
    const { link, sub } = this.#options;
    const { epoch } = this.topic.place;
    link.send({ kind: 'GAP', sub, epoch, from: this.#offset + 1, to, reason });
    this.#tally?.lost(to - this.#offset);
    this.#offset = to;
  }

  #goTo({ offset, previous: named }: PlacedRecord, previous = named): void {
    this.#tally?.sent(offset, previous, this.#offset);
    this.#offset = offset;
  }
}

function needsRecent(state: State): boolean {
  return state === 'joining' || state === 'behind';
}
