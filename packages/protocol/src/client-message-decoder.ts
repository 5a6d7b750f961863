import type { Reader } from './bytes/reader.js';
import { decodeName, FLAGS, flags } from './field-decoder.js';
import { CALLER_MESSAGES } from './caller-decoder.js';
import { placeDecoders, SERVER_MESSAGES } from './message-decoder.js';
import { ENCODING, KINDS, type Encoding, type SubscribeMessage } from './message.js';
import { decodeHello, decodeResume, MAX_TOKEN } from './session-decoder.js';

const MAX_LAST = 10_000;

// sub name flags params:sized payloadHash:u64 [epoch:u64 offset] [last] [ext]
function decodeSubscribe(body: Reader): SubscribeMessage {
  const sub = body.varint();
  const name = decodeName(body);
  const byte = flags(body, FLAGS.ENCODING | FLAGS.BIT_3 | FLAGS.BIT_4);
  const encoding = (byte & FLAGS.ENCODING) as Encoding;
  if (encoding === ENCODING.BYTES || encoding === ENCODING.PACKED) body.fail('BAD_FLAGS');
  const bytes = body.bytes(body.varint());
  if (encoding === ENCODING.NONE && bytes.length > 0) body.fail('BAD_FIELD');
  const payloadHash = body.u64();
  const cursor =
    (byte & FLAGS.BIT_3) === 0 ? undefined : { epoch: body.u64(), offset: body.varint() };
  const last = (byte & FLAGS.BIT_4) === 0 ? undefined : body.varint();
  if (last !== undefined && last > MAX_LAST) body.fail('BAD_FIELD');
  return { kind: 'SUBSCRIBE', sub, name, params: { encoding, bytes }, payloadHash, cursor, last };
}

/** What reads the messages of both sides. */
export const ALL_DECODERS = placeDecoders([
  ...SERVER_MESSAGES,
  ...CALLER_MESSAGES,
  [KINDS.HELLO, decodeHello],
  [KINDS.RESUME, decodeResume],
  [KINDS.AUTH, (b) => ({ kind: 'AUTH', token: b.text(MAX_TOKEN) })],
  [KINDS.SUBSCRIBE, decodeSubscribe],
  [KINDS.UNSUBSCRIBE, (b) => ({ kind: 'UNSUBSCRIBE', sub: b.varint() })],
]);
