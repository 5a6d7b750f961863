import type {
  Cursor,
  GapReason,
  Message,
  SubscribedMessage,
  SubscribeMessage,
  TopicMessage,
} from '@trunkline/protocol';

/** One topic as a server has it: its records by offset, and what is kept of them. */
export class TopicLog {
  epochs = 1;
  top = 0;
  /** The first offset that is kept. */
  keptFrom = 1;
  readonly keeps: boolean;
  /** Offsets of each epoch that no record ever had. */
  readonly jumped = new Set<string>();

  constructor(keeps: boolean) {
    this.keeps = keeps;
  }

  get epoch(): string {
    return epochOf(this.epochs);
  }

  /** Adds a record behind so many offsets that stay empty. */
  publish(jump: number): number {
    for (let more = 0; more < jump; more++) this.jumped.add(`${this.epoch} ${++this.top}`);
    this.top++;
    if (!this.keeps) this.keptFrom = this.top + 1;
    return this.top;
  }

  beginAnew(): void {
    this.epochs++;
    this.top = 0;
    this.keptFrom = 1;
  }

  /** Whether somebody who follows must be told of this offset. */
  isRecord(epoch: string, offset: number): boolean {
    return !this.jumped.has(`${epoch} ${offset}`);
  }
}

/** Gives the epoch of this number, as it stands on the wire. */
function epochOf(number: number): string {
  return number.toString(16).padStart(16, '0');
}

/** One subscription at a server that does all that PROTOCOL.md lets it do. */
export class ServedTopic {
  place: Cursor;
  isStale = false;
  readonly sub: number;
  readonly #log: TopicLog;
  readonly #send: (message: Message) => void;

  constructor(log: TopicLog, message: SubscribeMessage, send: (message: Message) => void) {
    this.#log = log;
    this.#send = send;
    this.sub = message.sub;
    const { cursor, last } = message;
    this.place = cursor ?? { epoch: log.epoch, offset: log.top };
    if (log.keeps && cursor !== undefined) this.resume();
    else this.#fresh(log.keeps ? (last ?? 0) : 0);
    this.follow();
  }

  /** Says SUBSCRIBED from where the client is, and a GAP for what is not kept. */
  resume(): void {
    const { epoch, top, keptFrom } = this.#log;
    const { place } = this;
    this.isStale = false;
    const isSame = place.epoch === epoch && place.offset <= top;
    if (!this.#log.keeps) return this.#fresh(0);
    if (isSame && place.offset >= keptFrom - 1) return this.#subscribed('recovered', place.offset);
    this.#subscribed('gap', keptFrom - 1);
    if (isSame) this.#gap(place, keptFrom - 1, 'expired');
    else this.#gap(place, undefined, 'epoch');
  }

  /** Sends all that is kept behind the place. */
  follow(): void {
    if (this.isStale) return;
    if (this.place.epoch !== this.#log.epoch) return this.resume();
    while (this.place.offset < this.#log.top) this.#next();
  }

  /** The server has to drop what the client has not got. */
  drop(reason: GapReason): void {
    const { epoch, top } = this.#log;
    const { place } = this;
    if (this.isStale || place.epoch !== epoch || place.offset === top) return;
    this.#gap(place, top, reason);
    this.place = { epoch, offset: top };
  }

  stale(): void {
    this.isStale = true;
    this.#send({ kind: 'STALE', sub: this.sub, reason: 'checking' });
  }

  #fresh(last: number): void {
    const { top, keptFrom } = this.#log;
    this.#subscribed('fresh', Math.max(keptFrom - 1, top - last, 0));
  }

  #subscribed(state: SubscribedMessage['state'], offset: number): void {
    const { epoch, epochs: topic, top } = this.#log;
    this.#send({ kind: 'SUBSCRIBED', sub: this.sub, topic, state, epoch, offset, top });
    this.place = { epoch, offset };
  }

  #gap({ epoch, offset }: Cursor, to: number | undefined, reason: GapReason): void {
    this.#send({ kind: 'GAP', sub: this.sub, epoch, from: offset + 1, to, reason });
  }

  #next(): void {
    const { epoch, epochs: topic } = this.#log;
    let offset = this.place.offset + 1;
    while (!this.#log.isRecord(epoch, offset)) offset++;
    const skipped = offset - this.place.offset - 1;
    const message: TopicMessage = {
      kind: 'MESSAGE',
      topic,
      offset,
      skipped,
      ...(offset % 13 === 0
        ? UNREADABLE
        : {
            encoding: 3,
            bytes: Buffer.from(`${epoch} ${offset}`),
          }),
    };
    this.#send(message);
    this.place = { epoch, offset };
  }
}

/** Packed, where nobody has a layout. */
const UNREADABLE = { encoding: 1, bytes: new Uint8Array(1) } as const;
