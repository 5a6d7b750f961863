import type { Cursor, Gap } from '@trunkline/client';
import type { Place } from './publish-work.js';
import type { World } from './world.js';

/**
 * Watches one subscription. Offsets of a topic count 1, 2, 3 … here, so what it is given and what it
 * is told to be missing must make one chain: no hole, no repeat, per epoch.
 */
export class TopicWitness {
  /** The end of the chain; `undefined` before it is known where it begins. */
  place: Cursor | undefined;
  delivered = 0;
  missing = 0;
  isClosed = false;
  /** A gap without an end was told, so another epoch follows. */
  #awaitsEpoch = false;
  readonly #world: World;

  constructor(
    world: World,
    readonly name: string,
    readonly topic: Place,
    from: Cursor | undefined,
  ) {
    this.#world = world;
    this.place = from;
  }

  /** Whether a rejoin may skip without a word: the topic keeps nothing. */
  get isLoose(): boolean {
    return this.topic.member === 'loose';
  }

  /** A message was delivered, at the place that the subscription says. */
  message(id: string, at: Cursor): void {
    this.#alive('a message');
    const { place } = this;
    this.delivered++;
    this.place = { epoch: at.epoch, offset: at.offset };
    const stored = this.#world.broker.idAt(this.topic.key, at);
    this.#check(stored === id, () => `got ${id} at ${text(at)}, where ${stored} is stored`);
    if (place === undefined) return this.#fail(`got ${id} before it was live`);
    const isNext = place.epoch === at.epoch && this.#mayFollow(place, at);
    this.#check(isNext, () => `got ${text(at)} after ${text(place)}`);
  }

  /** A message came to a loop, which is not told where it is. */
  looped(id: string): void {
    this.#alive('a message');
    const at = this.#world.broker.places.get(id)?.find(({ key }) => key === this.topic.key);
    if (at === undefined) return this.#fail(`got ${id}, which is not stored`);
    const { place } = this;
    this.delivered++;
    this.place = { epoch: at.epoch, offset: at.offset };
    if (place === undefined) return;
    const isSame = place.epoch === at.epoch;
    const isLater = isSame ? at.offset > place.offset : this.isLoose || this.#awaitsEpoch;
    const isNext = !isSame || this.isLoose || this.#mayFollow(place, at);
    this.#check(isLater && isNext, () => `got ${text(at)} after ${text(place)}`);
    if (!isSame) this.#awaitsEpoch = false;
  }

  /** Offsets are told to be missing. */
  gap({ epoch, from, to, reason }: Gap, isLoop = false): void {
    this.#alive('a gap');
    const { place } = this;
    const told = `gap of ${reason} ${epoch}:${from} to ${to}`;
    this.#world.trace.note(`${this.name} ${told}`);
    this.#check(to === undefined || to >= from, () => `was told an empty ${told}`);
    if (to !== undefined) this.missing += to - from + 1;
    if (place !== undefined && place.epoch === epoch) {
      const isNext = from === place.offset + 1 || (isLoop && this.isLoose && from > place.offset);
      this.#check(isNext, () => `was told a ${told} after ${text(place)}`);
    } else if (isLoop) {
      const isKnown = place === undefined || this.isLoose || this.#awaitsEpoch;
      this.#check(isKnown, () => `was told a ${told} of another epoch`);
    } else {
      this.#fail(`was told a ${told} at ${place && text(place)}`);
    }
    // A loop may be slow by itself.
    const isLost = to === undefined || reason === 'layout' || (isLoop && reason === 'slow');
    const isKept = !isLost && this.#world.broker.isKept(this.topic.key, { epoch, offset: to });
    this.#check(!isKept, () => `was told a ${told}, and its end is kept`);
    this.#awaitsEpoch = to === undefined;
    this.place = { epoch, offset: to ?? from - 1 };
  }

  /** It is live at this place, having joined as it says. */
  live(kind: 'fresh' | 'recovered' | 'gap', at: Cursor): void {
    this.#alive('a state');
    const { place } = this;
    this.place = { epoch: at.epoch, offset: at.offset };
    const isAtPlace = place?.epoch === at.epoch && place.offset === at.offset;
    if (kind === 'fresh') {
      const isFirst = place === undefined || this.isLoose;
      this.#check(isFirst, () => `joined fresh at ${text(at)} after ${text(place as Cursor)}`);
      const isBack = place?.epoch === at.epoch && at.offset < place.offset;
      this.#check(!isBack, () => `went back from ${place && text(place)} to ${text(at)}`);
    } else if (this.#awaitsEpoch) {
      const isOther = kind === 'gap' && place?.epoch !== at.epoch;
      this.#check(isOther, () => `joined as ${kind} at ${text(at)} where an epoch must begin`);
    } else {
      this.#check(
        isAtPlace,
        () => `joined as ${kind} at ${text(at)}, after ${place && text(place)}`,
      );
    }
    this.#awaitsEpoch = false;
  }

  /** At the end it has been given, or told to be missing, all that was published. */
  judge(): void {
    const top = this.#world.broker.topOf(this.topic.key);
    if (top === undefined) return;
    const { place } = this;
    const isThere = place?.epoch === top.epoch && place.offset === top.offset;
    this.#check(isThere, () => `ends at ${place && text(place)} and not at ${text(top)}`);
  }

  /** Whether nothing lies between but what was left out for a newer message about the same. */
  #mayFollow(place: Cursor, at: Cursor): boolean {
    if (at.offset <= place.offset) return false;
    if (this.topic.member !== 'newest') return at.offset === place.offset + 1;
    const { broker, slots } = this.#world;
    const { key } = this.topic;
    const slotAt = (offset: number): number | undefined =>
      slots.get(broker.idAt(key, { epoch: at.epoch, offset }) ?? '');
    for (let offset = place.offset + 1; offset < at.offset; offset++) {
      const newer = broker.newestOf(key, at.epoch, slotAt(offset));
      if (newer === undefined || newer <= offset) return false;
    }
    return true;
  }

  #alive(what: string): void {
    this.#check(!this.isClosed, () => `was given ${what} after its end`);
  }

  #check(holds: boolean, say: () => string): void {
    if (!holds) this.#fail(say());
  }

  #fail(what: string): void {
    this.#world.trace.fail(`${this.name} on ${this.topic.key} ${what}`);
  }
}

function text({ epoch, offset }: Cursor): string {
  return `${epoch}:${offset}`;
}
