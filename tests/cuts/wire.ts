import { Duplex } from 'node:stream';
import type { Cut, Direction } from './cut.js';

type Done = (error?: Error | null) => void;

/** What a kernel takes of a direction that has gone silent before its writer waits. */
const SWALLOWED_BYTES = 131_072;

/** Longer than a client with calls waits for a sign of life. */
const LATE_MS = 12_000;

/** Longer than a client waits at first before it connects again, and less than a server for a HELLO. */
const STRAY_MS = 3_000;

/** Runs what bytes on their way do, one turn of the event loop later and in order. */
export type Carry = (task: () => void) => void;

/** Runs something when so many milliseconds have passed. */
export type Later = (ms: number, task: () => void) => void;

/** What a direction is made of. */
interface LaneOptions {
  readonly carry: Carry;
  readonly later: Later;
  readonly cutAt: number;
  readonly cut: () => void;
  readonly keeps: boolean;
}

/** One direction of a wire: what is written at its one end arrives at the other one. */
class Lane {
  /** Bytes that have arrived. */
  bytes = 0;
  /** Whether anything was written. */
  isUsed = false;
  /** What they are, when they are kept. */
  readonly kept: Buffer[] = [];
  reader!: WireEnd;
  #isEnding = false;
  #isOver = false;
  #isSilent = false;
  /** How late bytes come. */
  #lateMs = 0;
  #swallowed = 0;
  readonly #options: LaneOptions;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  write(chunk: Buffer, done: Done): void {
    this.isUsed = true;
    this.#options.carry(() => this.#arrive(chunk, done));
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#options.carry(() => {
      if (this.#lateMs > 0) this.#options.later(this.#lateMs, () => this.finish());
      else if (!this.#isSilent) this.finish();
    });
  }

  /** The reader sees the end, and nothing that is still on its way. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.reader.destroyed) this.reader.push(null);
  }

  reset(): void {
    this.#isOver = true;
    this.reader.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  silence(): void {
    this.#isSilent = true;
  }

  delay(ms: number): void {
    this.#lateMs = ms;
  }

  #arrive(chunk: Buffer, done: Done): void {
    if (this.#isSilent) return this.#swallow(chunk, done);
    done();
    if (this.#lateMs > 0) return this.#deliverLate(chunk);
    const { cutAt, cut } = this.#options;
    const room = cutAt - this.bytes;
    if (chunk.length < room) return this.#deliver(chunk);
    this.#deliver(chunk.subarray(0, room));
    cut();
    if (this.#lateMs > 0) this.#deliverLate(chunk.subarray(room));
  }

  #deliverLate(chunk: Buffer): void {
    this.#options.later(this.#lateMs, () => this.#deliver(chunk));
  }

  #deliver(chunk: Buffer): void {
    if (this.#isOver) return;
    this.bytes += chunk.length;
    if (this.#options.keeps) this.kept.push(Buffer.from(chunk));
    // A copy, as a kernel makes one: the writer may use its memory again.
    if (chunk.length > 0 && !this.reader.destroyed) this.reader.push(Buffer.from(chunk));
  }

  #swallow(chunk: Buffer, done: Done): void {
    this.#swallowed += chunk.length;
    if (this.#swallowed < SWALLOWED_BYTES) done();
  }
}

/** One end of a wire, as a socket. */
class WireEnd extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  readonly #out: Lane;

  constructor(out: Lane, allowHalfOpen: boolean) {
    super({ allowHalfOpen });
    this.#out = out;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#out.write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#out.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    this.#out.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#out.end();
    done(error);
  }

  // What a socket has beside a stream; nothing of it matters here.
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }
}

/** What happens to a wire. */
export interface WireOptions {
  readonly cut?: Cut | undefined;
  /** Keeps the bytes. */
  readonly keeps?: boolean;
  readonly later?: Later;
  /** Is told of the cut. */
  readonly cutOff?: () => void;
}

/** A connection in memory that is cut at one byte. */
export class Wire {
  readonly client: WireEnd;
  readonly server: WireEnd;
  /** Whether the cut has happened. */
  isCut = false;
  readonly cut: Cut | undefined;
  readonly #cutOff: () => void;
  readonly #up: Lane;
  readonly #down: Lane;

  constructor(
    carry: Carry,
    { cut, keeps = false, later = ignore, cutOff = ignore }: WireOptions = {},
  ) {
    this.cut = cut;
    this.#cutOff = cutOff;
    const lane = (direction: Direction): Lane => {
      const cutAt = cut?.direction === direction ? cut.at : Number.POSITIVE_INFINITY;
      return new Lane({ carry, later, cutAt, cut: () => this.#cut(direction), keeps });
    };
    this.#up = lane('up');
    this.#down = lane('down');
    // As `net` and `http` make theirs.
    this.client = new WireEnd(this.#up, false);
    this.server = new WireEnd(this.#down, true);
    this.#up.reader = this.server;
    this.#down.reader = this.client;
  }

  /** All that has arrived, if it was kept. */
  get kept(): Readonly<Record<Direction, Buffer>> {
    return { up: Buffer.concat(this.#up.kept), down: Buffer.concat(this.#down.kept) };
  }

  /**
   * Ends that are open and should not be. Libraries have timers on real time for those that nobody
   * answers: an upgrade without an end at the server, and a goodbye at the client.
   */
  get leaked(): string[] {
    const isMute = this.isCut && this.cut?.how !== 'fin' && this.cut?.how !== 'rst';
    return [
      ...(this.client.destroyed || isMute ? [] : ['client']),
      ...(this.server.destroyed || (isMute && !this.#down.isUsed) ? [] : ['server']),
    ];
  }

  /** Frees what nobody would end in the time of a run. */
  drop(): void {
    this.client.destroy();
    this.server.destroy();
  }

  #cut(direction: Direction): void {
    if (this.isCut) return;
    this.isCut = true;
    this.#cutOff();
    const [lane, other] = direction === 'up' ? [this.#up, this.#down] : [this.#down, this.#up];
    switch (this.cut?.how) {
      case 'fin':
        return lane.finish();
      case 'rst':
        lane.reset();
        return other.reset();
      case 'blackout':
        other.silence();
        return lane.silence();
      case 'late':
        return lane.delay(LATE_MS);
      case 'stray':
        this.#up.delay(STRAY_MS);
        return this.#down.reset();
      default:
        return lane.silence();
    }
  }
}

function ignore(): void {}
