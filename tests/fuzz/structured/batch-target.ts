import { isDeepStrictEqual } from 'node:util';
import {
  ANSWERING_CODEC,
  CLIENT_CODEC,
  encodeBatch,
  FULL_CODEC,
  KINDS,
  Violation,
  VIOLATIONS,
  Writer,
  type Batch,
  type Kind,
  type Message,
  type Payload,
} from '@trunkline/protocol';
import { readBatch } from '../../../packages/protocol/src/batch.js';
import { findLive } from '../inert.js';
import type { Chance } from './chance.js';
import type { FuzzTarget, Outcome } from './fuzz-loop.js';
import { MessageMaker } from './message-parts.js';
import { bytesOf, group, raw, serialize, type Part } from './part.js';
import { SuperjsonMaker } from './superjson-parts.js';
import { readSuperjson } from './value-targets.js';
import { inputOf } from './ways.js';

const ALL = Object.keys(KINDS) as Kind[];
const FROM_CLIENT: ReadonlySet<string> = new Set([
  'HELLO',
  'RESUME',
  'AUTH',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'BIND',
  'CALL',
]);
/** Those that a client does not take either that answers calls of its server. */
const NEVER_ANSWERED = new Set(
  [...FROM_CLIENT].filter((kind) => kind !== 'BIND' && kind !== 'CALL'),
);
const NOTHING = new Uint8Array(0);
const writer = new Writer();

/** Gives the payload of some value, with few parts. */
export function someValue(chance: Chance): Uint8Array {
  if (chance.oneIn(2)) return Buffer.from('\u0012{"json":{"a":"b"}}\u0000');
  return serialize(new SuperjsonMaker(chance, chance.oneIn(4)).payload()) ?? NOTHING;
}

/** Makes a batch of messages of any kinds. */
function batchTree(chance: Chance, isWild: boolean): Part {
  const maker = new MessageMaker(chance, isWild, someValue);
  const messages: Part[] = [];
  let isNumbered = false;
  for (let count = chance.pick([0, 1, 1, 1, 1, 2, 3, 6]); count > 0; count--) {
    if (chance.oneIn(16)) {
      const isSequenced = chance.oneIn(2);
      isNumbered ||= isSequenced;
      messages.push(maker.unknown(isSequenced));
      continue;
    }
    const kind = chance.pick(ALL);
    isNumbered ||= (KINDS[kind] & 0x40) !== 0;
    messages.push(maker.message(kind));
  }
  const hasAck = messages.length === 0 || chance.oneIn(2);
  const hasNumber = isWild && chance.oneIn(30) ? chance.oneIn(2) : isNumbered;
  const head = (hasNumber ? 1 : 0) | (hasAck ? 2 : 0) | (chance.oneIn(4) ? 4 : 0);
  const odd = isWild && chance.oneIn(30) ? chance.below(256) : head;
  const numbers = bytesOf(chance.bytes((hasNumber ? 2 : 0) + (hasAck ? 2 : 0)));
  return group(raw(odd), numbers, ...messages);
}

/** Batches of either side, as both sides read them. */
export const batchTarget: FuzzTarget = {
  name: 'batch',
  memory: { floorBytes: 2_097_152, factor: 64 },
  make: (chance) => inputOf(chance, (isWild) => batchTree(chance, isWild)),
  check: ({ bytes: [bytes = NOTHING] }) => checkBatch(bytes),
};

function checkBatch(bytes: Uint8Array): Outcome {
  const full = readBatch(bytes, FULL_CODEC);
  assertAgreed(full, readBatch(bytes, CLIENT_CODEC), FROM_CLIENT);
  assertAgreed(full, readBatch(bytes, ANSWERING_CODEC), NEVER_ANSWERED);
  if (full instanceof Violation) {
    if (!Object.hasOwn(VIOLATIONS, full.name)) throw new Error(`violation ${full.name}`);
    return { isAccepted: false, label: full.name };
  }
  const live = findLive(full, { source: bytes });
  if (live !== undefined) throw new Error(live);
  assertStable(full);
  for (const message of full.messages) {
    if (!('encoding' in message)) continue;
    const payload = message as Payload;
    if (payload.encoding === 2) readSuperjson(payload.bytes);
  }
  return { isAccepted: true, label: full.messages[0]?.kind ?? 'acknowledgement' };
}

/** A client knows fewer kinds, and reads what it knows like a server. */
function assertAgreed(
  full: Batch | Violation,
  client: Batch | Violation,
  unknown: ReadonlySet<string>,
): void {
  if (full instanceof Violation) {
    if (client instanceof Violation) return;
    throw new Error(`a client accepts what a server refuses as ${full.name}`);
  }
  const isForServer = full.messages.some(({ kind }) => unknown.has(kind));
  if (client instanceof Violation) {
    if (isForServer && client.name === 'UNKNOWN_KIND') return;
    throw new Error(`a client refuses what a server accepts: ${client.name}`);
  }
  if (isForServer) throw new Error('a client accepts a message that only clients send');
  if (!isDeepStrictEqual(client, full)) throw new Error('a client reads something else');
}

/** What was read is written, and then read as the same; and always written alike. */
function assertStable(batch: Batch): void {
  const known = batch.messages.filter(({ kind }) => kind !== 'SKIPPED') as Message[];
  const isSkipping = known.length < batch.messages.length;
  if (isSkipping) return;
  const written = encodeBatch(writer, batch, known).slice();
  const again = readBatch(written, FULL_CODEC);
  if (!isDeepStrictEqual(again, batch)) {
    throw new Error(
      `is another batch when it is read again: ${Buffer.from(written).toString('hex')}`,
    );
  }
  const more = encodeBatch(writer, again as Batch, (again as Batch).messages as Message[]);
  if (Buffer.compare(more, written) !== 0) throw new Error('is written in two ways');
}
