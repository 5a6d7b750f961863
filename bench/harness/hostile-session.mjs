import { once } from 'node:events';
import { WebSocket } from 'ws';
import {
  CLIENT_DECODE_LIMITS,
  decodeBatch,
  encodeBatch,
  encodePayload,
  FEATURES,
  SUBPROTOCOLS,
  takesNumber,
  Writer,
} from './wire.mjs';

const NO_HASH = '0'.repeat(16);
const NAMES = ['hold', 'give', 'once', 'summon', 'echo'];
const BINDINGS = [
  ...NAMES.map((name) => ['call', `hostile.${name}`]),
  ['stream', 'hostile.pour'],
  ['stream', 'hostile.take'],
  ['publish', 'hostile.news'],
];
const HOUR_MS = 3_600_000;
/** Of what its server has for it, now and then: less, and it is closed for reading nothing. */
const READ_BYTES = 800_000;
/** How often it says that it lives. */
const ALIVE_MS = 3_000;
/** Calls in flight of one that works. */
const ACTIVE = 200;
/** Of messages in one batch. */
const BATCH = 200;
const [HOLD, GIVE, ONCE, SUMMON, ECHO, POUR, TAKE, NEWS] = BINDINGS.keys();
const NOTHING = { encoding: 0, bytes: new Uint8Array(0) };
const payloadOf = (value) => encodePayload(value, CLIENT_DECODE_LIMITS);
const bytesOf = (size) => ({ encoding: 3, bytes: new Uint8Array(size) });
const ECHOED = payloadOf('x'.repeat(200));
const LARGE = new Uint8Array(20_000);
const MANY_ARRAYS = payloadOf(Array.from({ length: 20_000 }, () => []));
const MOST_ARRAYS = payloadOf(Array.from({ length: 24_000 }, () => []));

/** A session that wants all that its server would give to one, and says so byte by byte. */
export class HostileSession {
  closed;
  welcomed = false;
  /** How often, by code. */
  refused = {};
  results = 0;
  #name;
  #socket;
  #tx = 0;
  #rx = 0;
  #acked = 0;
  #id = 0;
  #free = [];
  #bound = 0;
  #sub = 0;
  #isActive = false;
  #isFilled = false;
  #toRead = 0;
  #aliveAt = 0;
  #inFlight = 0;
  /** What goes together; `undefined` where each goes by itself. */
  #waiting;

  constructor(name) {
    this.#name = name;
  }

  /** Opens it; resolves when it is welcome. */
  async open(port) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, [SUBPROTOCOLS.superjson]);
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => (this.closed = `${code} ${String(reason)}`));
    socket.on('message', (data) => this.#receive(new Uint8Array(data)));
    await once(socket, 'open');
    const features = FEATURES.RESUME | FEATURES.CHUNK | FEATURES.CALLS;
    this.#send({ kind: 'HELLO', features, agent: 'hostile', token: '', revisions: [] });
    while (!this.welcomed) await once(socket, 'message');
    for (const [kind, name] of BINDINGS) this.#bind(kind, name);
  }

  /** Goes to every limit of what is held, and acknowledges nothing any more. */
  async fill(parts = Object.keys(this.#parts)) {
    this.#isFilled = true;
    this.stopReading();
    this.#waiting = [];
    for (const part of parts) this.#parts[part]();
    this.#flush();
    this.#waiting = undefined;
    await this.#written();
  }

  #parts = {
    inputs: () => this.#holdInputs(),
    streams: () => this.#openStreams(),
    asked: () => void this.#call(SUMMON, payloadOf(256)),
    values: () => this.#beginValues(),
    results: () => {
      for (let n = 0; n < 20; n++) this.#call(GIVE, payloadOf(400_000));
      // Below what is cut, which is counted by itself.
      for (let n = 0; n < 200; n++) this.#call(GIVE, payloadOf(32_000));
    },
    publishes: () => this.#publishAll(),
    topics: () => this.#subscribeAll(),
    keys: () => this.#fillKeys(),
    bound: () => {
      while (this.#bound < 4_096) this.#bind('call', 'hostile.echo');
    },
    // What is in flight beside all of that.
    calls: () => {
      for (let n = 0; n < 128; n++) this.#call(HOLD, payloadOf([[n]]));
    },
  };

  /** Says that it lives, and takes a little, so that nobody calls it stalled. */
  stayAlive() {
    if (this.closed !== undefined || performance.now() < this.#aliveAt + ALIVE_MS) return;
    this.#aliveAt = performance.now();
    this.#send({ kind: 'PING', value: 1 });
    this.#toRead = READ_BYTES;
    this.#socket._socket?.resume();
  }

  /** Keeps its server as busy as it lets it, reading all, until `stop`. */
  act() {
    this.#isActive = true;
    this.#socket._socket?.resume();
    for (let n = 0; n < ACTIVE; n++) this.#call(ECHO, ECHOED);
    this.#tick = setInterval(() => this.#misbehave(), 50);
  }

  #tick;

  stop() {
    this.#isActive = false;
    clearInterval(this.#tick);
  }

  /** Cuts it. */
  leave() {
    this.stop();
    this.#socket.terminate();
  }

  stopReading() {
    this.#socket._socket?.pause();
  }

  /** Every rate at its limit, a worst-case value each time. */
  #misbehave() {
    if (this.closed !== undefined) return;
    if (this.#free.length > 0) this.#call(ONCE, MOST_ARRAYS);
    this.#send({ kind: 'CANCEL', id: 998, reason: 'withdrawn' });
    for (let n = 0; n < 4; n++) this.#publish(n);
    this.#send(this.#subscribe(), { kind: 'PING', value: 1 });
    this.#beginValues(1);
  }

  #holdInputs() {
    for (let n = 0; n < 4; n++) this.#call(HOLD, MANY_ARRAYS);
  }

  #openStreams() {
    for (let n = 0; n < 16; n++) {
      const id = this.#call(POUR, payloadOf(4_000));
      this.#send({ kind: 'CREDIT', id, items: 1e6, bytes: 1e9 });
    }
    for (let n = 0; n < 16; n++) {
      const id = this.#call(TAKE, NOTHING);
      for (let item = 0; item < 16; item++) this.#send({ kind: 'ITEM', id, ...bytesOf(1_000) });
    }
  }

  #transfer = 0;

  /** Values of which no more comes. */
  #beginValues(count = 32) {
    for (let n = 0; n < count; n++) {
      const chunk = {
        kind: 'CHUNK',
        transfer: this.#transfer++ % 128,
        isLast: false,
        isAbort: false,
      };
      this.#inFlight++;
      const call = { kind: 'CALL', id: this.#nextId(), procedure: HOLD, encoding: 3 };
      // The head of a large one, whose length nobody has to write.
      const whole = encodeBatch(new Writer(), {}, [{ ...call, bytes: LARGE }]).slice(1);
      this.#send({ ...chunk, isFirst: true, size: 1_000_000, bytes: whole.subarray(0, 16_384) });
    }
  }

  #publishAll() {
    for (let n = 0; n < 200; n++) this.#publish(n);
  }

  #publish(n) {
    const params = { owner: this.#name, n };
    this.#call(NEWS, payloadOf({ params, message: 'x'.repeat(1_000) }));
  }

  #subscribeAll() {
    this.#send(...Array.from({ length: 1_000 }, () => this.#subscribe()));
  }

  #subscribe() {
    const params = payloadOf({ owner: this.#name, n: this.#sub });
    const sub = this.#sub++;
    const rest = { payloadHash: NO_HASH, cursor: undefined, last: undefined };
    return { kind: 'SUBSCRIBE', sub, name: 'hostile.news', params, ...rest };
  }

  #fillKeys() {
    for (let n = 0; n < 100; n++) {
      const idempotencyKey = new TextEncoder().encode(`${this.#name} ${n}`);
      this.#call(ONCE, payloadOf('x'.repeat(500)), { idempotencyKey });
    }
  }

  #bind(procedureKind, name) {
    const hashes = { sendHash: NO_HASH, receiveHash: NO_HASH };
    this.#send({ kind: 'BIND', procedure: this.#bound++, procedureKind, name, ...hashes });
  }

  #nextId() {
    return this.#free.pop() ?? (this.#id += 2) - 2;
  }

  #call(procedure, payload, more = {}) {
    const id = this.#nextId();
    this.#inFlight++;
    this.#send({ kind: 'CALL', id, procedure, ...payload, deadlineMs: HOUR_MS, ...more });
    return id;
  }

  #send(...messages) {
    if (this.#waiting === undefined) return this.#write(messages);
    this.#waiting.push(...messages);
    if (this.#waiting.length >= BATCH) this.#flush();
  }

  #flush() {
    const messages = this.#waiting ?? [];
    this.#waiting = [];
    // A batch has its limit in bytes too.
    for (let from = 0; from < messages.length;) {
      let to = from;
      for (let bytes = 0; to < messages.length && bytes < 60_000; to++) {
        bytes += 40 + (messages[to].bytes?.length ?? 0);
      }
      this.#write(messages.slice(from, to));
      from = to;
    }
  }

  #write(messages) {
    const numbered = messages.filter(takesNumber).length;
    const head = numbered === 0 ? {} : { seq: this.#tx + 1 };
    this.#tx += numbered;
    if (this.#isActive && this.#rx > this.#acked) head.ack = this.#acked = this.#rx;
    this.#socket.send(encodeBatch(new Writer(), head, messages).slice());
  }

  #written() {
    return new Promise((resolve) =>
      this.#socket.send(
        encodeBatch(new Writer(), {}, [{ kind: 'PING', value: 0 }]).slice(),
        resolve,
      ),
    );
  }

  #receive(bytes) {
    if (this.#isFilled) {
      this.#toRead -= bytes.length;
      if (this.#toRead <= 0) this.stopReading();
      return;
    }
    const batch = decodeBatch(bytes);
    if (!('messages' in batch)) return;
    for (const message of batch.messages) {
      if (takesNumber(message)) this.#rx++;
      if (message.kind === 'WELCOME') this.welcomed = true;
      else this.#answered(message);
    }
  }

  #answered({ kind, id, code }) {
    if (kind !== 'RESULT' && kind !== 'ERROR' && kind !== 'END') return;
    if (kind === 'ERROR') this.refused[code] = (this.refused[code] ?? 0) + 1;
    else this.results++;
    this.#free.push(id);
    // At once the next one, and what came is acknowledged with it.
    if (this.#isActive && --this.#inFlight < ACTIVE) this.#call(ECHO, ECHOED);
  }
}
