import {
  decodeBatch,
  FULL_CODEC,
  joinedMessage,
  takesNumber,
  Violation,
  VIOLATIONS,
  type ChunkMessage,
  type Payload,
  type ReceivedMessage,
  type Runtime,
} from '@trunkline/protocol';
import { ChunkJoiner } from './chunk-joiner.js';
import type { LayoutBook, Position, Reading } from './layout-book.js';
import { factsOf, isTrouble } from './message-facts.js';
import type { Facts, TapRecord } from './record.js';
import {
  SessionNames,
  TopicNames,
  type Direction,
  type SeenCall,
  type SeenTopic,
  type SessionBook,
} from './session-names.js';
import { valueText } from './value-text.js';

/** What the reader of a connection is made of. */
export interface ReaderOptions {
  readonly connection: number;
  readonly sessions: SessionBook;
  readonly layouts: LayoutBook;
  readonly runtime: Runtime;
  /** Tells of the heads of batches and of chunks too. */
  readonly raw: boolean;
  /** Shows values of properties with names such as `password`. */
  readonly unmask: boolean;
}

/** A message that was named: what it is of. */
type Named = Pick<TapRecord, 'name' | 'isTopic' | 'params' | 'id'> & {
  readonly facts?: Facts;
  readonly position?: Position | undefined;
};

/** Reads what passes on one connection. Whatever the bytes are, it does not throw. */
export class ConnectionReader {
  readonly #options: ReaderOptions;
  readonly #chunks = { up: new ChunkJoiner(), down: new ChunkJoiner() };
  /** When the bytes came that are being read. */
  #at = 0;
  #names = new SessionNames();
  #topics = new TopicNames();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Reads a WebSocket message. */
  read(direction: Direction, bytes: Uint8Array, isBinary: boolean): TapRecord[] {
    this.#at = this.#options.runtime.wallNow();
    if (!isBinary) return [this.#strange(direction, bytes, 'TEXT')];
    const batch = decodeBatch(bytes);
    if (batch instanceof Violation) return [this.#malformed(direction, bytes, batch)];
    const { seq, ack, now, messages } = batch;
    const again = this.#names.count(direction, seq, messages.map(takesNumber));
    const records = messages.flatMap((message, index) => {
      return this.#message(direction, message, again[index] === true);
    });
    if (!this.#options.raw) return records;
    const facts = { seq, ack, now: now || undefined, messages: messages.length };
    return [this.#record({ kind: 'BATCH', direction, bytes: bytes.length, facts }), ...records];
  }

  #strange(direction: Direction, bytes: Uint8Array, kind: 'TEXT'): TapRecord {
    const facts = { fault: 'a WebSocket message of text, which the protocol does not have' };
    return this.#record({ kind, direction, bytes: bytes.length, facts, isError: true });
  }

  // No bytes are shown: they may hold a token.
  #malformed(direction: Direction, bytes: Uint8Array, { name }: Violation): TapRecord {
    const facts = { fault: name, reason: VIOLATIONS[name][1] };
    const kind = 'MALFORMED';
    return this.#record({ kind, direction, bytes: bytes.length, facts, isError: true });
  }

  #message(direction: Direction, message: ReceivedMessage, isAgain: boolean): TapRecord[] {
    const again = isAgain ? { again: true } : {};
    if (message.kind === 'CHUNK') return this.#chunk(direction, message, again);
    if (message.kind === 'SKIPPED' || message.kind === 'REFUSED') {
      return [this.#record({ kind: 'UNKNOWN', direction, facts: again })];
    }
    this.#note(direction, message);
    const { facts, position, ...named } = this.#name(direction, message);
    const payload = payloadOf(message);
    const value = payload && this.#options.layouts.read(payload, position);
    return [
      this.#record({
        kind: message.kind,
        direction,
        ...named,
        ...(payload !== undefined && { bytes: payload.bytes.length }),
        ...(value !== undefined && isThere(value) && { value }),
        facts: { ...factsOf(message), ...facts, ...again },
        isError: isTrouble(message),
      }),
    ];
  }

  #record(record: Omit<TapRecord, 'at' | 'connection'>): TapRecord {
    return { at: this.#at, connection: this.#options.connection, ...record };
  }

  /** Remembers what later messages refer to. */
  #note(direction: Direction, message: ReceivedMessage): void {
    switch (message.kind) {
      case 'HELLO':
        this.#begin(new SessionNames());
        break;
      case 'RESUME':
        this.#begin(this.#options.sessions.resume(message.session));
        break;
      case 'WELCOME':
        this.#options.sessions.begin(message.session, this.#names);
        break;
      case 'BIND':
        this.#names.bind(direction, message);
        break;
      case 'CALL':
        this.#names.call(direction, message, this.#options.runtime.now());
        break;
      case 'SUBSCRIBE':
        this.#topics.subscribe(message.sub, this.#topic(message.name, message));
        break;
      case 'SUBSCRIBED':
        this.#topics.subscribed(message.sub, message.topic);
        break;
      default:
    }
  }

  #begin(names: SessionNames): void {
    this.#names = names;
    this.#topics = new TopicNames();
  }

  #topic(name: string, message: { params: Payload; payloadHash: string }): SeenTopic {
    const params = this.#options.layouts.read(message.params, undefined);
    const { unmask } = this.#options;
    const isEmpty = 'value' in params && params.value === undefined;
    const shown =
      'value' in params ? valueText(params.value, { full: false, unmask }) : 'unreadable';
    return { name, params: isEmpty ? '' : shown, hash: message.payloadHash };
  }

  #name(direction: Direction, message: ReceivedMessage): Named {
    switch (message.kind) {
      case 'BIND':
        return { name: message.name };
      case 'CALL':
        return this.#nameCall(direction, message, 'input');
      case 'ITEM':
        return this.#nameCall(direction, message, direction === 'up' ? 'up' : 'down');
      case 'RESULT':
      case 'END':
        return this.#nameCall(direction, message, 'output');
      case 'ERROR':
        return this.#nameCall(direction, message, 'error');
      case 'CANCEL':
      case 'CREDIT':
        return this.#nameCall(direction, message, 'input');
      case 'MESSAGE':
        return nameTopic(this.#topics.ofTopic(message.topic), `topic ${message.topic}`);
      case 'SUBSCRIBE':
        // Its params are its value.
        return { name: message.name, isTopic: true };
      case 'SUBSCRIBED':
      case 'UNSUBSCRIBE':
      case 'GAP':
      case 'ENDED':
      case 'STALE':
        return nameTopic(this.#topics.ofSub(message.sub), `subscription ${message.sub}`);
      default:
        return {};
    }
  }

  #nameCall(
    direction: Direction,
    message: { readonly kind: string; readonly id: number; readonly code?: string },
    part: Position['part'],
  ): Named {
    const { id, code } = message;
    const call = this.#names.callOf(id);
    if (call?.bind === undefined) return { id };
    const { bind, caller } = call;
    const isSent = part === 'input' || part === 'up';
    const position: Position = {
      name: bind.name,
      part,
      hash: isSent ? bind.sendHash : bind.receiveHash,
      ofServer: caller === 'down',
      ...(code !== undefined && { code }),
    };
    const isFinal = direction !== caller && /^(RESULT|ERROR|END)$/.test(message.kind);
    const facts = {
      ...(part === 'input' && bind.procedureKind !== 'call' && { of: bind.procedureKind }),
      ...(isFinal && { tookMs: this.#elapsed(call) }),
    };
    return { name: bind.name, id, facts, position };
  }

  #elapsed({ startedAt }: SeenCall): number {
    return Math.round((this.#options.runtime.now() - startedAt) * 10) / 10;
  }

  /** Puts the pieces of a value together, and reads it when it is whole. */
  #chunk(direction: Direction, message: ChunkMessage, again: Facts): TapRecord[] {
    const piece = this.#record({
      kind: 'CHUNK',
      direction,
      bytes: message.bytes.length,
      facts: { ...factsOf(message), ...again },
    });
    const shown = this.#options.raw ? [piece] : [];
    if ('again' in again) return shown;
    const whole = this.#chunks[direction].join(message);
    if (whole === undefined) return shown;
    const joined = joinedMessage(whole, FULL_CODEC.decoders);
    const records =
      joined instanceof Violation
        ? [this.#malformed(direction, whole, joined)]
        : this.#message(direction, joined, false);
    return [...shown, ...records];
  }
}

function nameTopic(topic: SeenTopic | undefined, fallback: string): Named {
  if (topic === undefined) return { facts: { of: `unknown ${fallback}` }, isTopic: true };
  const { name, params, hash } = topic;
  const position: Position = { name, part: 'message', hash, ofServer: false };
  return { name, isTopic: true, position, ...(params !== '' && { params }) };
}

function payloadOf(message: ReceivedMessage): Payload | undefined {
  if (message.kind === 'SUBSCRIBE') return message.params;
  return 'encoding' in message ? message : undefined;
}

/** A message without a value has none to show. */
function isThere(value: Reading): boolean {
  return !('value' in value) || value.value !== undefined;
}
