import type { Reader } from './bytes/reader.js';
import { decodeExt } from './ext.js';
import { MAX_NAME, pick } from './field-decoder.js';
import {
  GONE_REASONS,
  SESSION_LIMITS,
  type HelloMessage,
  type ReceivedMessage,
  type ResumedMessage,
  type ResumeMessage,
  type Revision,
  type SessionLimits,
  type WelcomeMessage,
} from './message.js';

/** Most bytes of a token. */
export const MAX_TOKEN = 4_096;

const MAX_AGENT = 64;
const MAX_SESSION = 128;
const MAX_SECRET = 32;
const MAX_REVISIONS = 64;

/** Reads the body of GONE. */
export function decodeGone(body: Reader): ReceivedMessage {
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

/** Reads the ext of HELLO and RESUME; other tags mean nothing there. */
function decodeWish(body: Reader): { readonly idleMs?: number } {
  if (body.remaining === 0) return {};
  const { idleMs } = decodeExt(body);
  return idleMs === undefined ? {} : { idleMs };
}

/** Reads the body of HELLO. */
export function decodeHello(body: Reader): HelloMessage {
  const features = body.varint();
  const agent = body.text(MAX_AGENT);
  const token = body.text(MAX_TOKEN);
  const revisions = decodeRevisions(body);
  return { kind: 'HELLO', features, agent, token, revisions, ...decodeWish(body) };
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

/** Reads the body of WELCOME, without its ext. */
export function decodeWelcome(body: Reader): WelcomeMessage {
  const features = body.varint();
  const session = body.text(MAX_SESSION);
  const secret = decodeSecret(body);
  return { kind: 'WELCOME', features, session, secret, ...decodeTerms(body) };
}

/** Reads the body of RESUME. */
export function decodeResume(body: Reader): ResumeMessage {
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
    ...decodeWish(body),
  };
}

/** Reads the body of RESUMED, without its ext. */
export function decodeResumed(body: Reader): ResumedMessage {
  const features = body.varint();
  const rx = body.varint();
  return { kind: 'RESUMED', features, rx, ...decodeTerms(body) };
}
