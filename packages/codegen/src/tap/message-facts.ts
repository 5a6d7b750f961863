import {
  ENCODING,
  FEATURES,
  NO_LAYOUT,
  SESSION_LIMITS,
  type ExtFields,
  type ReceivedMessage,
  type ResumedMessage,
  type Revision,
  type WelcomeMessage,
} from '@trunkline/protocol';
import type { Facts } from './record.js';

/** Kinds of messages that tell of something that went wrong. */
const TROUBLE: ReadonlySet<string> = new Set(['ERROR', 'ENDED', 'GAP', 'STALE', 'GONE']);

const ENCODING_NAMES = new Map<number, string>([
  [ENCODING.PACKED, 'packed'],
  [ENCODING.BYTES, 'bytes'],
]);

/** Tells whether a message tells of something that went wrong. */
export function isTrouble({ kind }: ReceivedMessage): boolean {
  return TROUBLE.has(kind);
}

/** Lists what a message says beside its payload, without tokens and secrets. */
export function factsOf(message: ReceivedMessage): Facts {
  switch (message.kind) {
    case 'HELLO':
      return {
        agent: message.agent || undefined,
        token: hidden(message.token.length),
        takes: features(message.features),
        contracts: revisions(message.revisions),
      };
    case 'RESUME':
      return {
        session: message.session,
        attach: message.attach,
        rx: message.rx,
        first: message.first,
        token: hidden(message.token.length),
        secret: hidden(message.secret.length),
        takes: features(message.features),
      };
    case 'WELCOME':
      return {
        session: message.session,
        secret: hidden(message.secret.length),
        ...sessionFacts(message),
      };
    case 'RESUMED':
      return { rx: message.rx, ...sessionFacts(message) };
    case 'GONE':
      return { reason: message.reason, rx: message.rx };
    case 'GOAWAY':
      return { reason: message.reason, afterMs: message.afterMs, windowMs: message.windowMs };
    case 'AUTH':
      return { token: hidden(message.token.length) };
    case 'AUTHED':
      return { expiresInMs: message.expiresInMs };
    case 'PING':
    case 'PONG':
      return { value: message.value };
    default:
      return { ...callFacts(message), ...topicFacts(message), ...extFacts(message) };
  }
}

function sessionFacts(message: WelcomeMessage | ResumedMessage): Facts {
  const limits = Object.entries(message.limits).filter(
    ([name, value]) => value !== SESSION_LIMITS[name as keyof typeof SESSION_LIMITS].absent,
  );
  return {
    ttlMs: message.ttlMs,
    expiresInMs: message.expiresInMs || undefined,
    idleMs: message.idleMs,
    takes: features(message.features),
    contracts: revisions(message.revisions),
    ...Object.fromEntries(limits),
  };
}

function callFacts(message: ReceivedMessage): Facts {
  switch (message.kind) {
    case 'BIND':
      return {
        procedure: message.procedure,
        of: message.procedureKind,
        sendHash: hashOf(message.sendHash),
        receiveHash: hashOf(message.receiveHash),
      };
    case 'CALL':
      return { deadlineMs: message.deadlineMs, encoding: encodingOf(message.encoding) };
    case 'RESULT':
    case 'ITEM':
    case 'END':
      return { encoding: encodingOf(message.encoding) };
    case 'ERROR':
      return { code: message.code, executed: message.executed, message: message.message };
    case 'CANCEL':
      return { reason: message.reason };
    case 'CREDIT':
      return { items: message.items, bytes: message.bytes };
    case 'CHUNK':
      return {
        transfer: message.transfer,
        size: message.isFirst ? message.size : undefined,
        last: message.isLast || undefined,
        abort: message.isAbort || undefined,
      };
    default:
      return {};
  }
}

function topicFacts(message: ReceivedMessage): Facts {
  switch (message.kind) {
    case 'SUBSCRIBE':
      return {
        sub: message.sub,
        cursor: message.cursor && `${message.cursor.epoch}/${message.cursor.offset}`,
        last: message.last,
      };
    case 'SUBSCRIBED':
      return {
        sub: message.sub,
        topic: message.topic,
        state: message.state,
        at: `${message.epoch}/${message.offset}`,
        top: message.top,
      };
    case 'UNSUBSCRIBE':
      return { sub: message.sub };
    case 'MESSAGE':
      return {
        offset: message.offset,
        skipped: message.skipped || undefined,
        encoding: encodingOf(message.encoding),
      };
    case 'GAP':
      return { sub: message.sub, from: message.from, to: message.to, reason: message.reason };
    case 'ENDED':
      return { sub: message.sub, code: message.code, message: message.message };
    case 'STALE':
      return { sub: message.sub, reason: message.reason };
    default:
      return {};
  }
}

function extFacts(message: ReceivedMessage): Facts {
  const { publishId, asOf, published, retryAfterMs, traceParent, idempotencyKey } =
    message as ExtFields;
  return {
    retryAfterMs,
    asOf: asOf && `${asOf.epoch}/${asOf.offset}`,
    published: published && `${published.epoch}/${published.offset}`,
    stored: published?.stored,
    duplicate: published?.duplicate || undefined,
    publishId: publishId && `${publishId.publisher}/${publishId.counter}`,
    key: idempotencyKey && Buffer.from(idempotencyKey).toString('hex'),
    traceParent,
  };
}

/** Without a layout there is nothing to tell. */
function hashOf(hash: string): string | undefined {
  return hash === NO_LAYOUT ? undefined : hash;
}

function encodingOf(encoding: number): string | undefined {
  return ENCODING_NAMES.get(encoding);
}

/** Says that there is something, and nothing about it but its length. */
function hidden(length: number): string {
  return length === 0 ? 'none' : `hidden (${length} bytes)`;
}

function features(bits: number): string {
  const names = Object.entries(FEATURES).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : name));
  return names.join('+') || 'nothing';
}

function revisions(list: readonly Revision[]): string | undefined {
  return list.map(({ name, revision }) => `${name}@${revision}`).join(' ') || undefined;
}
