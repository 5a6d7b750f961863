import type { Cursor, Message, Outgoing, SubscribeMessage } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { chooseSeed } from '../fuzz/seed.js';
import { ServedTopic, TopicLog } from './topic-log.js';
import {
  Subscriber,
  type SubscriberSink,
  type TopicItem,
} from '../../packages/client/src/topics/subscriber.js';
import {
  Subscriptions,
  type Seat,
  type TopicLink,
  type TopicReply,
} from '../../packages/client/src/topics/subscriptions.js';
import { SuperjsonLoader } from '../../packages/client/src/value/superjson.js';
import type { Need } from '../../packages/client/src/topics/topic-join.js';
import type { Gap, SubscriptionState } from '../../packages/client/src/topics/topic-method.js';

const TOPIC = { name: 'chat.messages', params: { encoding: 0, bytes: new Uint8Array(0) } } as const;
const seed = chooseSeed('topic feed model');
const RUNS = Number(process.env['TRUNKLINE_MODEL_RUNS'] ?? 1_500);

/** Who subscribes, and holds what it is told against what the server has. */
class Follower implements SubscriberSink {
  readonly subscriber: Subscriber;
  readonly need: Need;
  readonly #log: TopicLog;
  /** Whether another one asks from a cursor: then nobody can ask for the last ones as well. */
  readonly #hasCursors: () => boolean;
  place: Cursor | undefined;
  seat: Seat | undefined;
  items = 0;

  constructor(log: TopicLog, need: Need, hasCursors: () => boolean) {
    this.#log = log;
    this.#hasCursors = hasCursors;
    this.need = need;
    this.place = need.kind === 'from' ? need.cursor : undefined;
    this.subscriber = new Subscriber('chat.messages', need, this);
  }

  item({ epoch, offset, value }: TopicItem): void {
    this.#expect(!this.subscriber.isPaused, 'an item while it takes nothing');
    this.#expect(this.subscriber.state.status !== 'joining', 'an item before it is live');
    this.#expect(
      `${epoch} ${offset}` === Buffer.from(value as Uint8Array).toString(),
      'another value',
    );
    this.#advance(epoch, offset - 1);
    this.place = { epoch, offset };
    this.items++;
  }

  gap({ epoch, from, to }: Gap): void {
    if (this.place === undefined) return;
    this.#expect(epoch === this.place.epoch, `a gap in epoch ${epoch}`);
    this.#expect(from > this.place.offset, `a gap from ${from}`);
    this.#advance(epoch, from - 1);
    // Where nobody knows the end, the next epoch begins at the place that the subscriber names.
    this.place = to === undefined ? undefined : { epoch, offset: to };
  }

  changed({ status, joined }: SubscriptionState): void {
    if (status !== 'live') return;
    const { place } = this.subscriber;
    this.#expect(place !== undefined, 'live without a place');
    if (this.place === undefined || joined?.kind === 'fresh') this.#start(place as Cursor);
    else this.#advance((place as Cursor).epoch, (place as Cursor).offset);
    this.place = place;
  }

  #start(place: Cursor): void {
    const { keeps, keptFrom, epoch, top } = this.#log;
    if (!keeps || this.place !== undefined) return this.#expect(!keeps, 'fresh again');
    if (this.need.kind !== 'last' || place.epoch !== epoch || this.#hasCursors()) return;
    // Between the answer and this moment more may have been published, and less be kept.
    this.#expect(
      place.offset <= Math.max(keptFrom - 1, top - this.need.count, 0),
      'fewer than asked',
    );
  }

  /** Nothing that the server had may lie between. */
  #advance(epoch: string, offset: number): void {
    if (this.place === undefined) return;
    this.#expect(epoch === this.place.epoch, `epoch ${epoch}`);
    this.#expect(offset >= this.place.offset, `back to ${offset}`);
    for (let at = this.place.offset + 1; at <= offset; at++) {
      this.#expect(!this.#log.isRecord(epoch, at), `${at} was never told`);
    }
  }

  #expect(holds: boolean, what: string): void {
    if (!holds) throw new Error(`${what}, at ${this.place?.epoch} ${this.place?.offset}`);
  }
}

type Step =
  | { readonly kind: 'publish'; readonly jump: number }
  | { readonly kind: 'open'; readonly need: 'now' | 'last' | 'from'; readonly count: number }
  | {
      readonly kind: 'leave' | 'pause' | 'resume' | 'turn' | 'send' | 'deliver';
      readonly count: number;
    }
  | {
      readonly kind:
        | ('expire' | 'drop' | 'begin anew' | 'stale' | 'again' | 'follow' | 'end' | 'wait')
        | ('cut' | 'attach');
    };

/** A client's subscriptions, and a server at the other end of a slow wire that may be cut. */
class Model {
  readonly runtime = new VirtualRuntime();
  readonly log: TopicLog;
  readonly subscriptions = new Subscriptions(
    this.runtime,
    new SuperjsonLoader(() => import('@trunkline/protocol/superjson')),
    { onError: () => {} },
  );
  readonly followers: Follower[] = [];
  #toServer: Outgoing[] = [];
  #toClient: Message[] = [];
  #served: ServedTopic | undefined;
  #isAttached = false;
  #topics: TopicLink | undefined;
  #hasCursors = false;
  /** Of the last SUBSCRIBED that arrived. */
  #clientEpoch: string | undefined;

  constructor(keeps: boolean) {
    this.log = new TopicLog(keeps);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'publish':
        return void this.log.publish(step.jump);
      case 'open':
        return this.open(step.need, step.count);
      case 'leave':
        return this.followers.splice(this.#indexOf(step), 1)[0]?.seat?.leave();
      case 'pause':
        return this.followers[this.#indexOf(step)]?.seat?.pause();
      case 'resume':
        return this.followers[this.#indexOf(step)]?.seat?.resume();
      case 'turn':
        return this.runtime.settle();
      case 'send':
        for (let count = step.count; count > 0; count--) this.#serve();
        return;
      case 'deliver':
        for (let count = step.count; count > 0; count--) this.#deliver();
        return;
      case 'wait':
        return this.runtime.advance(25_000);
      case 'attach':
        return this.attach();
      case 'cut':
        return this.cut();
      default:
        return this.#fault(step.kind);
    }
  }

  #indexOf({ count }: { readonly count: number }): number {
    return count % (this.followers.length || 1);
  }

  #fault(kind: Extract<Step['kind'], string>): void {
    switch (kind) {
      case 'expire':
        this.log.keptFrom = this.log.top + 1;
        return;
      case 'begin anew':
        return this.log.beginAnew();
      case 'drop':
        return this.#served?.drop('overflow');
      case 'stale':
        return this.#served?.stale();
      case 'again':
        return this.#served?.resume();
      case 'follow':
        return this.#served?.follow();
      case 'end': {
        const sub = this.#served?.sub;
        this.#served = undefined;
        if (sub !== undefined)
          this.#toClient.push({ kind: 'ENDED', sub, code: 'BUSY', message: '' });
      }
    }
  }

  open(kind: 'now' | 'last' | 'from', count: number): void {
    const { epoch, top } = this.log;
    const cursor = { epoch, offset: Math.max(0, top - count) };
    // One SUBSCRIBE has one cursor, and says nothing of another epoch.
    if (kind === 'from' && this.#isInOtherEpoch(epoch)) return this.open('now', 0);
    const need: Need =
      kind === 'from' ? { kind, cursor } : kind === 'last' ? { kind, count } : { kind };
    const follower = new Follower(this.log, need, () => this.#hasCursors);
    this.#hasCursors ||= kind === 'from';
    this.followers.push(follower);
    follower.seat = this.subscriptions.subscribe('key', TOPIC, follower.subscriber);
  }

  #isInOtherEpoch(epoch: string): boolean {
    if (this.#clientEpoch !== undefined && this.#clientEpoch !== epoch) return true;
    return this.followers.some(({ subscriber, need }) => {
      const cursor = subscriber.place ?? (need.kind === 'from' ? need.cursor : undefined);
      return cursor !== undefined && cursor.epoch !== epoch;
    });
  }

  attach(): void {
    if (this.#isAttached) return;
    this.#isAttached = true;
    const wire = {
      send: (content: Message) => {
        const entry: Outgoing = { content, size: 1, isBegun: false, state: 'queued' } as Outgoing;
        this.#toServer.push(entry);
        return entry;
      },
    };
    this.#topics = this.subscriptions.attach(wire as never, false);
  }

  cut(): void {
    this.#isAttached = false;
    this.#served = undefined;
    this.#toServer = [];
    this.#toClient = [];
    if (this.#topics !== undefined) this.subscriptions.detach(this.#topics);
    this.#topics = undefined;
  }

  /** Takes all faults away and lets everything arrive. */
  async calm(): Promise<void> {
    this.attach();
    for (const { seat, subscriber } of this.followers) if (subscriber.isPaused) seat?.resume();
    this.#fault('again');
    for (let round = 0; round < 40; round++) {
      await this.runtime.advance(25_000);
      while (this.#toServer.length > 0) this.#serve();
      this.#served?.follow();
      while (this.#toClient.length > 0) this.#deliver();
    }
  }

  #serve(): void {
    const entry = this.#toServer.shift();
    if (entry === undefined) return;
    entry.state = 'written';
    const message = entry.content as Message;
    if (message.kind === 'UNSUBSCRIBE') {
      if (this.#served?.sub === message.sub) this.#served = undefined;
      return;
    }
    if (this.#served !== undefined) throw new Error('subscribed twice');
    const send = (answer: Message): void => void this.#toClient.push(answer);
    this.#served = new ServedTopic(this.log, message as SubscribeMessage, send);
  }

  #deliver(): void {
    const message = this.#toClient.shift();
    if (message === undefined) return;
    const violation = this.subscriptions.receive(this.#topics as TopicLink, message as TopicReply);
    if (violation !== undefined) throw new Error(violation.reason);
    if (message.kind !== 'SUBSCRIBED') return;
    this.#clientEpoch = message.epoch;
    // Its GAP follows at once.
    if (message.state === 'gap') this.#deliver();
  }
}

const some = fc.nat(4);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      jump: fc.constantFrom(0, 0, 0, 2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      need: fc.constantFrom('now' as const, 'last' as const, 'from' as const),
      count: some,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), count: some }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('pause' as const, 'resume' as const),
      count: some,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('turn' as const, 'send' as const, 'deliver' as const),
      count: some,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(['expire', 'drop', 'begin anew', 'stale', 'again', 'follow', 'follow', 'end'] as const),
        ...(['wait', 'cut', 'attach', 'attach'] as const),
      ),
    }),
  },
);

it('subscribers of a client are given every topic message or a gap, whatever happens', async () => {
  const seen = { items: 0, followers: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(step, { maxLength: 60, size: 'max' }),
      async (keeps, steps) => {
        const model = new Model(keeps);
        model.open('now', 0);
        for (const one of steps) await model.take(one);
        await model.calm();
        const offset = model.log.publish(0);
        await model.calm();
        for (const { subscriber, place, items } of model.followers) {
          expect(subscriber.state.status).toBe('live');
          expect(place).toEqual({ epoch: model.log.epoch, offset });
          expect(subscriber.place).toEqual(place);
          seen.items += items;
          seen.followers++;
        }
        for (const { seat } of model.followers) seat?.leave();
        await model.runtime.advance(60_000);
        expect(model.subscriptions.topics).toBe(0);
        model.subscriptions.stop('CANCELLED', 'done');
        expect(model.runtime.timers).toBe(0);
      },
    ),
    { seed, numRuns: RUNS },
  );
  expect(seen.items).toBeGreaterThan(RUNS);
}, 60_000);
