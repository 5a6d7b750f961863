import { KINDS, type Kind } from '@trunkline/protocol';
import { GONE_REASONS } from '../../../packages/protocol/src/message.js';
import type { Chance } from './chance.js';
import { bytesOf, group, raw, sized, text, varint, type Part } from './part.js';

/** Makes the bytes of a superjson value. */
export type ValueMaker = (chance: Chance) => Uint8Array;

const TEXTS = ['', 'a', 'Ada', 'let-me-in', 'naïve', '😀', '\u0000', '__proto__', ' '.repeat(60)];
const NAMES = [
  'chat.post',
  'a.b',
  'constructor.prototype',
  'then.catch',
  'a1.b2.c3.d4.e5.f6.g7.h8',
];
const BAD_NAMES = ['chat', 'Chat.post', 'a..b', 'a.b.', 'a.1', '__proto__.a', 'a.b.c.d.e.f.g.h.i'];
const CODES = ['INVALID_INPUT', 'INTERNAL', 'A', 'ROOM_CLOSED', `Z${'_9'.repeat(31)}`];
const BAD_CODES = ['', 'a', '1A', 'A-B', `A${'B'.repeat(64)}`, '__PROTO__'];
const BAD_UTF8 = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]];
const LIMIT_TAGS = 7;

/** Writes messages by the field tables of PROTOCOL.md; a wild one breaks some of their rules. */
export class MessageMaker {
  readonly #chance: Chance;
  readonly #isWild: boolean;
  readonly #value: ValueMaker;

  constructor(chance: Chance, isWild: boolean, value: ValueMaker) {
    this.#chance = chance;
    this.#isWild = isWild;
    this.#value = value;
  }

  /** Gives a message of one kind, with its kind byte and its size. */
  message(kind: Kind): Part {
    return group(raw(KINDS[kind]), sized(...this.body(kind)));
  }

  /** Gives a message of a kind that nobody knows, and that may be skipped. */
  unknown(sequenced: boolean): Part {
    const kind = 0x80 | (sequenced ? 0x40 : 0) | (0x28 + this.#chance.below(8));
    return group(raw(kind), sized(bytesOf(this.#chance.bytes(this.#chance.below(12)))));
  }

  /** Gives the fields of a message. */
  body(kind: Kind): Part[] {
    const number = (): Part => varint(this.#chance.number());
    switch (kind) {
      case 'HELLO':
        return [number(), this.#text(64), this.#text(4_096), ...this.#revisions(), ...this.#tail()];
      case 'WELCOME':
        return [number(), this.#text(128), this.#secret(), ...this.#terms(), ...this.#tail()];
      case 'RESUME':
        return [
          number(),
          this.#text(4096),
          this.#text(128),
          number(),
          this.#secret(),
          number(),
          number(),
          ...this.#revisions(),
          ...this.#tail(),
        ];
      case 'RESUMED':
        return [number(), number(), ...this.#terms(), ...this.#tail()];
      case 'GONE':
        return [this.#choice(GONE_REASONS.length), number(), ...this.#tail()];
      case 'GOAWAY':
        return [this.#choice(3), number(), number(), ...this.#tail()];
      case 'PING':
      case 'PONG':
        return [bytesOf(this.#chance.bytes(4))];
      case 'AUTH':
        return [this.#text(4_096), ...this.#tail()];
      case 'AUTHED':
        return [number(), ...this.#tail()];
      case 'VOID':
        return [];
      default:
        return this.#ofWork(kind, number);
    }
  }

  #ofWork(kind: Kind, number: () => Part): Part[] {
    switch (kind) {
      case 'BIND':
        return [number(), this.#choice(3), this.#name(), ...this.#hashes(2), ...this.#tail()];
      case 'CALL':
        return [number(), number(), ...this.#payload(this.#chance.oneIn(3) ? 8 : 0)];
      case 'RESULT':
      case 'ITEM':
      case 'END':
        return [number(), ...this.#payload(0)];
      case 'ERROR': {
        const [flags, ...rest] = this.#payload(0) as [Part, ...Part[]];
        return [number(), flags, this.#choice(3), this.#code(), this.#text(1_024), ...rest];
      }
      case 'CANCEL':
        return [number(), this.#choice(4)];
      case 'CREDIT':
        return [number(), number(), number()];
      case 'CHUNK':
        return this.#chunk(number);
      case 'UNSUBSCRIBE':
        return [number()];
      default:
        return this.#ofTopics(kind, number);
    }
  }

  #ofTopics(kind: Kind, number: () => Part): Part[] {
    const [low = 0, high = 0] = [this.#chance.number(), this.#chance.number()].toSorted(
      (one, other) => one - other,
    );
    const isSwapped = this.#isOff();
    switch (kind) {
      case 'SUBSCRIBE':
        return this.#subscribe(number);
      case 'SUBSCRIBED': {
        const places = [varint(low), varint(high)];
        if (isSwapped) places.reverse();
        const [epoch] = this.#hashes(1) as [Part];
        return [number(), number(), this.#choice(3), epoch, ...places, ...this.#tail()];
      }
      case 'MESSAGE': {
        const top = Math.max(high, 1);
        const skipped = isSwapped ? top : Math.min(low, top - 1);
        return [number(), varint(top), varint(skipped), ...this.#payload(0)];
      }
      case 'GAP': {
        const to = this.#chance.oneIn(4) ? 0 : isSwapped ? low : high;
        const from = isSwapped ? high : low;
        const [epoch] = this.#hashes(1) as [Part];
        return [number(), epoch, varint(from), varint(to), this.#choice(6), ...this.#tail()];
      }
      case 'ENDED': {
        const ext = this.#chance.oneIn(3) ? [this.#ext()] : [];
        return [number(), this.#code(), this.#text(1_024), ...ext];
      }
      default:
        return [number(), this.#choice(2), ...this.#tail()];
    }
  }

  #subscribe(number: () => Part): Part[] {
    const flags = (this.#chance.oneIn(2) ? 2 : 0) | this.#chance.pick([0, 8, 16, 24]);
    const params = (flags & 2) === 0 ? new Uint8Array(0) : this.#value(this.#chance);
    const cursor = (flags & 8) === 0 ? [] : [...this.#hashes(1), number()];
    const last = this.#isOff() ? this.#chance.number() : this.#chance.below(10_001);
    const more = (flags & 16) === 0 ? [] : [varint(last)];
    const [hash] = this.#hashes(1) as [Part];
    return [
      number(),
      this.#name(),
      raw(this.#off(flags)),
      sized(bytesOf(params)),
      hash,
      ...cursor,
      ...more,
      ...this.#tail(),
    ];
  }

  #chunk(number: () => Part): Part[] {
    const flags = this.#chance.below(this.#isWild ? 9 : 8);
    const size = (flags & 1) === 0 ? [] : [number()];
    const bytes = this.#chance.bytes(this.#chance.below(40));
    return [number(), raw(flags), ...size, bytesOf(bytes)];
  }

  /** Whether this place breaks a rule. */
  #isOff(): boolean {
    return this.#isWild && this.#chance.oneIn(16);
  }

  #off(byte: number): number {
    return this.#isOff() ? this.#chance.below(256) : byte;
  }

  #choice(count: number): Part {
    return raw(this.#isOff() ? this.#chance.below(256) : this.#chance.below(count));
  }

  #hashes(count: number): Part[] {
    return Array.from({ length: count }, () => bytesOf(this.#chance.bytes(8)));
  }

  #text(maxBytes: number): Part {
    const chance = this.#chance;
    if (!this.#isOff()) {
      const isLong = chance.oneIn(32);
      const value = isLong ? 'é'.repeat(Math.floor(maxBytes / 2)) : chance.pick(TEXTS);
      return text(Buffer.byteLength(value) > maxBytes ? 'fits' : value);
    }
    if (chance.oneIn(2)) return sized(raw(0x61, ...chance.pick(BAD_UTF8)));
    return text('x'.repeat(maxBytes + 1));
  }

  #name(): Part {
    return text(this.#chance.pick(this.#isOff() ? BAD_NAMES : NAMES));
  }

  #code(): Part {
    return text(this.#chance.pick(this.#isOff() ? BAD_CODES : CODES));
  }

  #secret(): Part {
    const size = this.#isOff() ? this.#chance.below(64) : this.#chance.pick([0, 32]);
    return sized(bytesOf(this.#chance.bytes(size)));
  }

  #revisions(): Part[] {
    const count = this.#isOff() ? this.#chance.below(100) : this.#chance.below(4);
    const each = Array.from({ length: count }, () => group(text('chat'), ...this.#hashes(1)));
    return [varint(this.#isOff() ? this.#chance.number() : count), ...each];
  }

  #terms(): Part[] {
    const chance = this.#chance;
    const count = chance.below(LIMIT_TAGS + 2);
    const limits = Array.from({ length: count }, () =>
      group(raw(chance.below(LIMIT_TAGS + 3)), varint(chance.number())),
    );
    const times = [varint(chance.number()), varint(chance.number()), varint(chance.number())];
    const told = varint(this.#isOff() ? chance.number() : count);
    return [...times, told, ...limits, ...this.#revisions()];
  }

  /** The ext that a later version might put behind the fields. */
  #tail(): Part[] {
    return this.#chance.oneIn(12) ? [this.#ext()] : [];
  }

  #ext(): Part {
    const tags = [0x81, 0x82, 0x03, 0x04, 0x05, 0x06, 0x87, 0x90 + this.#chance.below(8)];
    const taken = tags.filter(() => this.#chance.oneIn(4));
    if (this.#isOff()) taken.push(this.#chance.below(256));
    return sized(...taken.map((tag) => group(raw(tag), sized(...this.#tagValue(tag)))));
  }

  #tagValue(tag: number): Part[] {
    const chance = this.#chance;
    const place = [...this.#hashes(1), varint(chance.number())];
    const fitting = (max: number): Part =>
      bytesOf(new TextEncoder().encode('t'.repeat(chance.below(this.#isWild ? max + 4 : max))));
    switch (tag) {
      case 0x81:
        return [fitting(64)];
      case 0x82:
        return [fitting(chance.oneIn(8) ? 512 : 20)];
      case 0x03:
        return [bytesOf(chance.bytes(1 + chance.below(this.#isOff() ? 80 : 64)))];
      case 0x04:
        return [this.#text(64), varint(chance.number())];
      case 0x05:
        return place;
      case 0x06:
        return [...place, raw(this.#off(chance.below(3) | (chance.oneIn(2) ? 0x80 : 0)))];
      case 0x87:
        return [varint(chance.number())];
      default:
        return [bytesOf(chance.bytes(chance.below(9)))];
    }
  }

  /** Flags, the deadline that bit 3 announces, ext and payload. */
  #payload(more: number): Part[] {
    const chance = this.#chance;
    const encoding = chance.pick([0, 1, 2, 2, 2, 3]);
    const hasExt = chance.oneIn(4);
    const flags = encoding | (hasExt ? 4 : 0) | more;
    const deadline = (more & 8) === 0 ? [] : [bytesOf(chance.bytes(4))];
    const ext = hasExt ? [this.#ext()] : [];
    return [raw(this.#off(flags)), ...deadline, ...ext, bytesOf(this.#carried(encoding))];
  }

  #carried(encoding: number): Uint8Array {
    if (encoding === 0) return this.#isOff() ? Uint8Array.of(1) : new Uint8Array(0);
    if (encoding === 2) return this.#value(this.#chance);
    return this.#chance.bytes(this.#chance.below(30));
  }
}
