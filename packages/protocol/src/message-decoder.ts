import type { Reader } from './bytes/reader.js';
import { decodeExt, type ExtFields } from './ext.js';
import {
  CANCEL_REASONS,
  ENCODING,
  EXECUTED,
  GAP_REASONS,
  GOAWAY_REASONS,
  GONE_REASONS,
  isOptional,
  isSequenced,
  JOIN_STATES,
  KINDS,
  PROCEDURE_KINDS,
  SESSION_LIMITS,
  STALE_REASONS,
  type CallMessage,
  type ChunkMessage,
  type Encoding,
  type ErrorMessage,
  type HelloMessage,
  type ReceivedMessage,
  type ResumedMessage,
  type ResumeMessage,
  type Revision,
  type SessionLimits,
  type SubscribeMessage,
  type TopicMessage,
  type WelcomeMessage,
} from './message.js';

const ENCODING_BITS = 0x03;
const EXT = 0x04;
const BIT_3 = 0x08;
const BIT_4 = 0x10;

const MAX_AGENT = 64;
const MAX_TOKEN = 4_096;
const MAX_NAME = 128;
const MAX_CODE = 64;
const MAX_MESSAGE = 1_024;
const MAX_SESSION = 128;
const MAX_SECRET = 32;
const MAX_REVISIONS = 64;
const MAX_LAST = 10_000;

const NAME = /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*){1,7}$/;
const CODE = /^[A-Z][A-Z0-9_]*$/;

const NO_EXT: ExtFields = {};

/** Reads the body of one message, to the end of `body`; a fault is noted in `body`. */
export function decodeMessage(kind: number, body: Reader): ReceivedMessage {
  const decode = DECODERS.get(kind);
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

const DECODERS = new Map<number, (body: Reader) => ReceivedMessage>([
  [KINDS.HELLO, decodeHello],
  [KINDS.WELCOME, decodeWelcome],
  [KINDS.RESUME, decodeResume],
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
  [KINDS.AUTH, (b) => ({ kind: 'AUTH', token: b.text(MAX_TOKEN) })],
  [KINDS.AUTHED, (b) => ({ kind: 'AUTHED', expiresInMs: b.varint() })],
  [KINDS.CREDIT, (b) => ({ kind: 'CREDIT', id: b.varint(), items: b.varint(), bytes: b.varint() })],
  [KINDS.SUBSCRIBE, decodeSubscribe],
  [KINDS.SUBSCRIBED, decodeSubscribed],
  [KINDS.UNSUBSCRIBE, (b) => ({ kind: 'UNSUBSCRIBE', sub: b.varint() })],
  [KINDS.MESSAGE, decodeTopicMessage],
  [KINDS.GAP, decodeGap],
  [KINDS.ENDED, decodeEnded],
  [KINDS.STALE, (b) => ({ kind: 'STALE', sub: b.varint(), reason: pick(b, STALE_REASONS) })],
  [KINDS.BIND, decodeBind],
  [KINDS.CALL, decodeCall],
  [KINDS.RESULT, (b) => decodePayloadMessage(b, 'RESULT')],
  [KINDS.ERROR, decodeError],
  [KINDS.CANCEL, (b) => ({ kind: 'CANCEL', id: b.varint(), reason: pick(b, CANCEL_REASONS) })],
  [KINDS.ITEM, (b) => decodePayloadMessage(b, 'ITEM')],
  [KINDS.END, (b) => decodePayloadMessage(b, 'END')],
  [KINDS.CHUNK, decodeChunk],
  [KINDS.VOID, () => ({ kind: 'VOID' })],
]);

/** Messages that have an ext exactly when bytes are left after their last field. */
const EXTENDED: ReadonlySet<number> = new Set<number>([
  KINDS.HELLO,
  KINDS.WELCOME,
  KINDS.RESUME,
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

function pick<Value extends string>(body: Reader, values: readonly Value[]): Value {
  return values[body.choice(values.length)] ?? (values[0] as Value);
}

function flags(body: Reader, known: number): number {
  const byte = body.u8();
  if ((byte & ~known) !== 0) body.fail('BAD_FLAGS');
  // Packed payloads are not offered: nobody could read one.
  if ((byte & ENCODING_BITS) === ENCODING.PACKED) body.fail('BAD_FLAGS');
  return byte;
}

/** Reads ext and payload; what follows the flags and fixed fields of a payload message. */
function payload(
  body: Reader,
  byte: number,
): { encoding: Encoding; bytes: Uint8Array } & ExtFields {
  const ext = (byte & EXT) === 0 ? NO_EXT : decodeExt(body);
  const encoding = (byte & ENCODING_BITS) as Encoding;
  const bytes = body.rest();
  if (encoding === ENCODING.NONE && bytes.length > 0) body.fail('TRAILING');
  return { encoding, bytes, ...ext };
}

// id flags [ext] payload
function decodePayloadMessage<K extends 'RESULT' | 'ITEM' | 'END'>(body: Reader, kind: K) {
  const id = body.varint();
  return { kind, id, ...payload(body, flags(body, ENCODING_BITS | EXT)) };
}

// id procedure flags [deadlineMs:u32] [ext] payload
function decodeCall(body: Reader): CallMessage {
  const id = body.varint();
  const procedure = body.varint();
  const byte = flags(body, ENCODING_BITS | EXT | BIT_3);
  const deadline = (byte & BIT_3) === 0 ? {} : { deadlineMs: body.u32() };
  return { kind: 'CALL', id, procedure, ...deadline, ...payload(body, byte) };
}

// id flags executed:u8 code:text message:text [ext] payload
function decodeError(body: Reader): ErrorMessage {
  const id = body.varint();
  const byte = flags(body, ENCODING_BITS | EXT);
  const executed = pick(body, EXECUTED);
  const code = decodeCode(body);
  const message = body.text(MAX_MESSAGE);
  return { kind: 'ERROR', id, executed, code, message, ...payload(body, byte) };
}

function decodeCode(body: Reader): string {
  const code = body.text(MAX_CODE);
  if (!CODE.test(code)) body.fail('BAD_FIELD');
  return code;
}

// procedure kind:u8 name:text sendHash:u64 receiveHash:u64 [ext]
function decodeBind(body: Reader): ReceivedMessage {
  const procedure = body.varint();
  const procedureKind = pick(body, PROCEDURE_KINDS);
  const name = decodeName(body);
  return {
    kind: 'BIND',
    procedure,
    procedureKind,
    name,
    sendHash: body.u64(),
    receiveHash: body.u64(),
  };
}

function decodeName(body: Reader): string {
  const name = body.text(MAX_NAME);
  if (!NAME.test(name)) body.fail('BAD_FIELD');
  return name;
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

// sub name flags params:sized payloadHash:u64 [epoch:u64 offset] [last] [ext]
function decodeSubscribe(body: Reader): SubscribeMessage {
  const sub = body.varint();
  const name = decodeName(body);
  const byte = flags(body, ENCODING_BITS | BIT_3 | BIT_4);
  const encoding = (byte & ENCODING_BITS) as Encoding;
  if (encoding === ENCODING.BYTES) body.fail('BAD_FLAGS');
  const bytes = body.bytes(body.varint());
  if (encoding === ENCODING.NONE && bytes.length > 0) body.fail('BAD_FIELD');
  const payloadHash = body.u64();
  const cursor = (byte & BIT_3) === 0 ? undefined : { epoch: body.u64(), offset: body.varint() };
  const last = (byte & BIT_4) === 0 ? undefined : body.varint();
  if (last !== undefined && last > MAX_LAST) body.fail('BAD_FIELD');
  return { kind: 'SUBSCRIBE', sub, name, params: { encoding, bytes }, payloadHash, cursor, last };
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
  const byte = flags(body, ENCODING_BITS | EXT);
  return { kind: 'MESSAGE', topic, offset, skipped, ...payload(body, byte) };
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
  return { kind: 'ENDED', sub, code, message, ...(body.remaining > 0 ? decodeExt(body) : NO_EXT) };
}

function decodeGone(body: Reader): ReceivedMessage {
  const reason = pick(body, GONE_REASONS);
  const rx = body.varint();
  return { kind: 'GONE', reason, rx: rx === 0 ? undefined : rx - 1 };
}

function decodeRevisions(body: Reader): Revision[] {
  const count = body.varint();
  if (count > MAX_REVISIONS) body.fail('BAD_FIELD');
  const revisions: Revision[] = [];
  while (revisions.length < count && body.fault === undefined) {
    revisions.push({ name: body.text(MAX_NAME), revision: body.u64() });
  }
  return revisions;
}

function decodeLimits(body: Reader): SessionLimits {
  const limits = Object.fromEntries(
    Object.entries(SESSION_LIMITS).map(([name, { absent }]) => [name, absent]),
  ) as { -readonly [Name in keyof SessionLimits]: number };
  const count = body.varint();
  for (let index = 0; index < count && body.fault === undefined; index++) {
    const tag = body.u8();
    const value = body.varint();
    for (const name of Object.keys(SESSION_LIMITS) as (keyof SessionLimits)[]) {
      if (SESSION_LIMITS[name].tag === tag) limits[name] = value;
    }
  }
  return limits;
}

function decodeHello(body: Reader): HelloMessage {
  const features = body.varint();
  const agent = body.text(MAX_AGENT);
  const token = body.text(MAX_TOKEN);
  return { kind: 'HELLO', features, agent, token, revisions: decodeRevisions(body) };
}

function decodeSecret(body: Reader): Uint8Array {
  const size = body.varint();
  if (size !== 0 && size !== MAX_SECRET) body.fail('BAD_FIELD');
  return body.copy(size);
}

function decodeTerms(body: Reader) {
  const ttlMs = body.varint();
  const expiresInMs = body.varint();
  const idleMs = body.varint();
  const limits = decodeLimits(body);
  return { ttlMs, expiresInMs, idleMs, limits, revisions: decodeRevisions(body) };
}

function decodeWelcome(body: Reader): WelcomeMessage {
  const features = body.varint();
  const session = body.text(MAX_SESSION);
  const secret = decodeSecret(body);
  return { kind: 'WELCOME', features, session, secret, ...decodeTerms(body) };
}

function decodeResume(body: Reader): ResumeMessage {
  const features = body.varint();
  const token = body.text(MAX_TOKEN);
  const session = body.text(MAX_SESSION);
  const attach = body.varint();
  const secret = decodeSecret(body);
  const rx = body.varint();
  const first = body.varint();
  return {
    kind: 'RESUME',
    features,
    token,
    session,
    attach,
    secret,
    rx,
    first,
    revisions: decodeRevisions(body),
  };
}

function decodeResumed(body: Reader): ResumedMessage {
  const features = body.varint();
  const rx = body.varint();
  return { kind: 'RESUMED', features, rx, ...decodeTerms(body) };
}
