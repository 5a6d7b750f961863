import type { BindMessage, CallMessage } from '@trunkline/protocol';

/** Which way a message goes: to the server, or to the client. */
export type Direction = 'up' | 'down';

/** A call that was seen, and since when. */
export interface SeenCall {
  readonly bind: BindMessage | undefined;
  /** Who made it. */
  readonly caller: Direction;
  readonly startedAt: number;
}

/** Names and calls that are remembered of a session; a peer may make as many as it likes. */
const MAX_REMEMBERED = 8_192;

/** What the numbers of a session mean, as they were said in either direction. */
export class SessionNames {
  readonly #binds = { up: new Map<number, BindMessage>(), down: new Map<number, BindMessage>() };
  readonly #calls = new Map<number, SeenCall>();
  readonly #last = { up: 0, down: 0 };
  /** Whether its beginning was not seen. */
  readonly isPartial: boolean;

  constructor(isPartial = false) {
    this.isPartial = isPartial;
  }

  bind(direction: Direction, message: BindMessage): void {
    remember(this.#binds[direction], message.procedure, message);
  }

  /** Notes a call; one that is written again is the same as before. */
  call(direction: Direction, message: CallMessage, now: number): SeenCall {
    const bind = this.#binds[direction].get(message.procedure);
    const call = { bind, caller: direction, startedAt: now };
    // What has ended is remembered too: its end may be written again.
    remember(this.#calls, message.id, call);
    return call;
  }

  callOf(id: number): SeenCall | undefined {
    return this.#calls.get(id);
  }

  /**
   * Numbers the sequenced messages of a batch, of which the first has these low 16 bits; tells of
   * each message whether it was seen before.
   */
  count(direction: Direction, seq: number | undefined, taken: readonly boolean[]): boolean[] {
    if (seq === undefined) return taken.map(() => false);
    const next = this.#last[direction] + 1;
    // Of the numbers with these bits the one nearest to the next is meant.
    let number = next + ((((seq - next) & 0xffff) ^ 0x8000) - 0x8000);
    if (this.isPartial && this.#last[direction] === 0) number = seq;
    return taken.map((takes) => {
      if (!takes) return false;
      const isAgain = number <= this.#last[direction];
      this.#last[direction] = Math.max(this.#last[direction], number);
      number++;
      return isAgain;
    });
  }
}

/** What the numbers of topics mean on one connection. */
export class TopicNames {
  readonly #subs = new Map<number, SeenTopic>();
  readonly #topics = new Map<number, SeenTopic>();

  subscribe(sub: number, topic: SeenTopic): void {
    remember(this.#subs, sub, topic);
  }

  subscribed(sub: number, topic: number): void {
    const seen = this.#subs.get(sub);
    if (seen !== undefined) remember(this.#topics, topic, seen);
  }

  ofSub(sub: number): SeenTopic | undefined {
    return this.#subs.get(sub);
  }

  ofTopic(topic: number): SeenTopic | undefined {
    return this.#topics.get(topic);
  }
}

/** A topic that was subscribed. */
export interface SeenTopic {
  readonly name: string;
  /** Its params, for people. */
  readonly params: string;
  readonly hash: string;
}

/** Sessions by their public id, for connections that take them up. */
export class SessionBook {
  readonly #sessions = new Map<string, SessionNames>();

  begin(session: string, names: SessionNames): void {
    remember(this.#sessions, session, names);
  }

  /** Gives a session; one that was not seen to begin is begun now. */
  resume(session: string): SessionNames {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const names = new SessionNames(true);
    this.begin(session, names);
    return names;
  }
}

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MAX_REMEMBERED) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
