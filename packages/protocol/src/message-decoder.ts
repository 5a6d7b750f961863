import type { Reader } from './bytes/reader.js';
import { decodeExt } from './ext.js';
import {
  decodeCode,
  encodingOf,
  extOf,
  FLAGS,
  flags,
  MAX_MESSAGE,
  payloadBytes,
  pick,
} from './field-decoder.js';
import {
  CANCEL_REASONS,
  EXECUTED,
  GAP_REASONS,
  GOAWAY_REASONS,
  isOptional,
  isSequenced,
  JOIN_STATES,
  KINDS,
  STALE_REASONS,
  type ChunkMessage,
  type ErrorMessage,
  type ReceivedMessage,
  type TopicMessage,
} from './message.js';
import { decodeGone, decodeResumed, decodeWelcome } from './session-decoder.js';

const PAYLOAD_FLAGS = FLAGS.ENCODING | FLAGS.EXT;

/** Reads the body of a message of one kind. */
export type BodyDecoder = (body: Reader) => ReceivedMessage;

/** What reads the body of each kind that a side takes, by its number. */
export type BodyDecoders = readonly (BodyDecoder | undefined)[];

/** Gives each kind its place among all bytes: faster than looking up. */
export function placeDecoders(entries: readonly (readonly [number, BodyDecoder])[]): BodyDecoders {
  const byKind = new Map(entries);
  return Array.from({ length: 256 }, (_, kind) => byKind.get(kind));
}

/** Reads the body of one message, to the end of `body`; a fault is noted in `body`. */
export function decodeMessage(kind: number, body: Reader, decoders: BodyDecoders): ReceivedMessage {
  const decode = decoders[kind];
  if (decode === undefined) {
    if (!isOptional(kind)) body.fail('UNKNOWN_KIND');
    body.rest();
    return { kind: 'SKIPPED', sequenced: isSequenced(kind) };
  }
  const message = decode(body);
  if (body.remaining > 0) {
    if (EXTENDED.has(kind)) decodeExt(body);
    if (body.remaining > 0) body.fail('TRAILING');
  }
  return message;
}

/** Decoders of what a server sends: the messages of both directions and its own. */
export const SERVER_MESSAGES: readonly (readonly [number, BodyDecoder])[] = [
  [KINDS.WELCOME, decodeWelcome],
  [KINDS.RESUMED, decodeResumed],
  [KINDS.GONE, decodeGone],
  [
    KINDS.GOAWAY,
    (b) => ({
      kind: 'GOAWAY',
      reason: pick(b, GOAWAY_REASONS),
      afterMs: b.varint(),
      windowMs: b.varint(),
    }),
  ],
  [KINDS.PING, (b) => ({ kind: 'PING', value: b.u32() })],
  [KINDS.PONG, (b) => ({ kind: 'PONG', value: b.u32() })],
  [KINDS.AUTHED, (b) => ({ kind: 'AUTHED', expiresInMs: b.varint() })],
  [KINDS.CREDIT, (b) => ({ kind: 'CREDIT', id: b.varint(), items: b.varint(), bytes: b.varint() })],
  [KINDS.SUBSCRIBED, decodeSubscribed],
  [KINDS.MESSAGE, decodeTopicMessage],
  [KINDS.GAP, decodeGap],
  [KINDS.ENDED, decodeEnded],
  [KINDS.STALE, (b) => ({ kind: 'STALE', sub: b.varint(), reason: pick(b, STALE_REASONS) })],
  [KINDS.RESULT, (b) => decodePayloadMessage(b, 'RESULT')],
  [KINDS.ERROR, decodeError],
  [KINDS.CANCEL, (b) => ({ kind: 'CANCEL', id: b.varint(), reason: pick(b, CANCEL_REASONS) })],
  [KINDS.ITEM, (b) => decodePayloadMessage(b, 'ITEM')],
  [KINDS.END, (b) => decodePayloadMessage(b, 'END')],
  [KINDS.CHUNK, decodeChunk],
  [KINDS.VOID, () => ({ kind: 'VOID' })],
];

/** Messages of whose ext nothing is known; it is there exactly when bytes are left. */
const EXTENDED: ReadonlySet<number> = new Set<number>([
  KINDS.WELCOME,
  KINDS.RESUMED,
  KINDS.GONE,
  KINDS.GOAWAY,
  KINDS.AUTH,
  KINDS.AUTHED,
  KINDS.BIND,
  KINDS.SUBSCRIBE,
  KINDS.SUBSCRIBED,
  KINDS.GAP,
  KINDS.STALE,
]);

// id flags [ext] payload
function decodePayloadMessage<K extends 'RESULT' | 'ITEM' | 'END'>(body: Reader, kind: K) {
  const id = body.varint();
  const byte = flags(body, PAYLOAD_FLAGS);
  const ext = extOf(body, byte);
  const encoding = encodingOf(byte);
  const bytes = payloadBytes(body, encoding);
  // Copying an ext that is not there would cost more than all the rest.
  return ext === undefined ? { kind, id, encoding, bytes } : { kind, id, encoding, bytes, ...ext };
}

// id flags executed:u8 code:text message:text [ext] payload
function decodeError(body: Reader): ErrorMessage {
  const id = body.varint();
  const byte = flags(body, PAYLOAD_FLAGS);
  const executed = pick(body, EXECUTED);
  const code = decodeCode(body);
  const message = body.text(MAX_MESSAGE);
  const ext = extOf(body, byte);
  const encoding = encodingOf(byte);
  const bytes = payloadBytes(body, encoding);
  return { kind: 'ERROR', id, executed, code, message, encoding, bytes, ...ext };
}

// transfer flags [size] bytes
function decodeChunk(body: Reader): ChunkMessage {
  const transfer = body.varint();
  const byte = body.u8();
  if (byte > 7) body.fail('BAD_FLAGS');
  const isFirst = (byte & 1) !== 0;
  const size = isFirst ? body.varint() : 0;
  return {
    kind: 'CHUNK',
    transfer,
    isFirst,
    isLast: (byte & 2) !== 0,
    isAbort: (byte & 4) !== 0,
    size,
    bytes: body.rest(),
  };
}

// sub topic state:u8 epoch:u64 offset top [ext]
function decodeSubscribed(body: Reader): ReceivedMessage {
  const sub = body.varint();
  const topic = body.varint();
  const state = pick(body, JOIN_STATES);
  const epoch = body.u64();
  const offset = body.varint();
  const top = body.varint();
  if (top < offset) body.fail('BAD_OFFSET');
  return { kind: 'SUBSCRIBED', sub, topic, state, epoch, offset, top };
}

// topic offset skipped flags [ext] payload
function decodeTopicMessage(body: Reader): TopicMessage {
  const topic = body.varint();
  const offset = body.varint();
  const skipped = body.varint();
  if (skipped >= offset) body.fail('BAD_OFFSET');
  // Parts of large topic messages are not offered, so bit 3 has no meaning.
  const byte = flags(body, PAYLOAD_FLAGS);
  const ext = extOf(body, byte);
  const encoding = encodingOf(byte);
  const bytes = payloadBytes(body, encoding);
  const message: TopicMessage = { kind: 'MESSAGE', topic, offset, skipped, encoding, bytes };
  return ext === undefined ? message : { ...message, ...ext };
}

// sub epoch:u64 from to reason:u8 [ext]
function decodeGap(body: Reader): ReceivedMessage {
  const sub = body.varint();
  const epoch = body.u64();
  const from = body.varint();
  const to = body.varint();
  if (to !== 0 && to < from) body.fail('BAD_OFFSET');
  return {
    kind: 'GAP',
    sub,
    epoch,
    from,
    to: to === 0 ? undefined : to,
    reason: pick(body, GAP_REASONS),
  };
}

// sub code:text message:text [ext]
function decodeEnded(body: Reader): ReceivedMessage {
  const sub = body.varint();
  const code = decodeCode(body);
  const message = body.text(MAX_MESSAGE);
  return { kind: 'ENDED', sub, code, message, ...(body.remaining > 0 ? decodeExt(body) : {}) };
}
