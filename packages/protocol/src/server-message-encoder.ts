import { encodeAnswer } from './answer-encoder.js';
import type { Writer } from './bytes/writer.js';
import { encodeExt, hasExt } from './ext.js';
import { encodeClientBody, encodeRevisions, encodeTopicBody } from './message-encoder.js';
import {
  GAP_REASONS,
  GOAWAY_REASONS,
  GONE_REASONS,
  JOIN_STATES,
  SESSION_LIMITS,
  STALE_REASONS,
  type EndedMessage,
  type GapMessage,
  type Message,
  type ResumedMessage,
  type SessionLimits,
  type SubscribedMessage,
  type WelcomeMessage,
} from './message.js';

/** Writes the messages of both sides. */
export function encodeAnyBody(writer: Writer, message: Message): void {
  switch (message.kind) {
    case 'RESULT':
    case 'ERROR':
      return encodeAnswer(writer, message);
    case 'MESSAGE':
      return encodeTopicBody(writer, message);
    case 'SUBSCRIBED':
      return encodeSubscribed(writer, message);
    case 'GAP':
      return encodeGap(writer, message);
    case 'ENDED':
      return encodeEnded(writer, message);
    case 'STALE':
      writer.varint(message.sub);
      return writer.u8(STALE_REASONS.indexOf(message.reason));
    default:
      return encodeSessionBody(writer, message);
  }
}

function encodeSessionBody(writer: Writer, message: Message): void {
  switch (message.kind) {
    case 'WELCOME':
      return encodeWelcome(writer, message);
    case 'RESUMED':
      return encodeResumed(writer, message);
    case 'GONE':
      writer.u8(GONE_REASONS.indexOf(message.reason));
      return writer.varint(message.rx === undefined ? 0 : message.rx + 1);
    case 'GOAWAY':
      writer.u8(GOAWAY_REASONS.indexOf(message.reason));
      writer.varint(message.afterMs);
      return writer.varint(message.windowMs);
    case 'AUTHED':
      return writer.varint(message.expiresInMs);
    default:
      return encodeClientBody(writer, message);
  }
}

function encodeSubscribed(writer: Writer, message: SubscribedMessage): void {
  writer.varint(message.sub);
  writer.varint(message.topic);
  writer.u8(JOIN_STATES.indexOf(message.state));
  writer.u64(message.epoch);
  writer.varint(message.offset);
  writer.varint(message.top);
}

function encodeGap(writer: Writer, message: GapMessage): void {
  writer.varint(message.sub);
  writer.u64(message.epoch);
  writer.varint(message.from);
  writer.varint(message.to ?? 0);
  writer.u8(GAP_REASONS.indexOf(message.reason));
}

function encodeEnded(writer: Writer, message: EndedMessage): void {
  writer.varint(message.sub);
  writer.text(message.code);
  writer.text(message.message);
  if (hasExt(message)) encodeExt(writer, message);
}

function encodeLimits(writer: Writer, limits: SessionLimits): void {
  const names = Object.keys(SESSION_LIMITS) as (keyof SessionLimits)[];
  const told = names.filter((name) => limits[name] !== SESSION_LIMITS[name].absent);
  writer.varint(told.length);
  for (const name of told) {
    writer.u8(SESSION_LIMITS[name].tag);
    writer.varint(limits[name]);
  }
}

function encodeWelcome(writer: Writer, message: WelcomeMessage): void {
  writer.varint(message.features);
  writer.text(message.session);
  writer.sized(message.secret);
  encodeTerms(writer, message);
}

function encodeResumed(writer: Writer, message: ResumedMessage): void {
  writer.varint(message.features);
  writer.varint(message.rx);
  encodeTerms(writer, message);
}

function encodeTerms(writer: Writer, message: WelcomeMessage | ResumedMessage): void {
  writer.varint(message.ttlMs);
  writer.varint(message.expiresInMs);
  writer.varint(message.idleMs);
  encodeLimits(writer, message.limits);
  encodeRevisions(writer, message.revisions);
}
