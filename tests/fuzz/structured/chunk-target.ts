import { isDeepStrictEqual } from 'node:util';
import {
  ByteBudget,
  CLIENT_CODEC,
  FULL_CODEC,
  Violation,
  VIOLATIONS,
  WIRE_DEFAULTS,
  type ChunkMessage,
  type MessageCodec,
  type ReceivedMessage,
} from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { readBatch } from '../../../packages/protocol/src/batch.js';
import { Assembler } from '../../../packages/protocol/src/session/assembler.js';
import { findLive } from '../inert.js';
import { someValue } from './batch-target.js';
import type { Chance } from './chance.js';
import type { FuzzInput, FuzzTarget, Outcome } from './fuzz-loop.js';
import { MessageMaker } from './message-parts.js';
import { bytesOf, group, mutate, raw, serialize, sized, varint, type Part } from './part.js';

const KINDS = ['CALL', 'RESULT', 'ERROR', 'ITEM', 'END'] as const;
const ODD_KINDS = ['CANCEL', 'BIND', 'VOID', 'CHUNK', 'PING', 'MESSAGE', 'HELLO'] as const;
const NOTHING = new Uint8Array(0);
const VALUE_BYTES = 1_048_576;
/** Sizes around which something is decided. */
const SIZES = [131_072, 131_073, 400_000, 1_048_576, 1_056_768, 1_056_769, 2 ** 40];
const FIRST = 1;
const LAST = 2;
const ABORT = 4;
/** What is set aside for a value that has begun, and as many times what has come of it. */
const SET_ASIDE = { startBytes: 131_072, factor: 8 };

/** Values in pieces: good ones, and such of which pieces are missing, doubled or wrong. */
export const chunkTarget: FuzzTarget = {
  name: 'chunks',
  // Of each input some transfers may set aside what every one may.
  memory: { floorBytes: 4_194_304, factor: 16 * SET_ASIDE.startBytes },
  make: (chance) => makeScript(chance),
  check: ({ bytes }) => {
    const atServer = joinAll(bytes, FULL_CODEC, 'server');
    const atClient = joinAll(bytes, CLIENT_CODEC, 'client');
    if (atClient.isAccepted && !atServer.isAccepted && atServer.label !== 'nothing') {
      throw new Error(`a client accepts what a server refuses as ${atServer.label}`);
    }
    return atServer;
  },
};

/** Cuts some messages into pieces, mixes these, and maybe breaks some. */
function makeScript(chance: Chance): FuzzInput {
  const isGood = chance.oneIn(2);
  const queues = Array.from({ length: 1 + chance.below(4) }, (_, index) =>
    piecesOf(chance, isGood, index),
  );
  const pieces: Part[] = [];
  for (let open = queues; open.length > 0; open = open.filter(({ length }) => length > 0)) {
    pieces.push(chance.pick(open).shift() as Part);
  }
  if (!isGood) breakPieces(pieces, chance);
  const bytes: Uint8Array[] = [];
  while (pieces.length > 0) {
    const head = group(raw(1), bytesOf(chance.bytes(2)));
    const batch = group(head, ...pieces.splice(0, 1 + chance.below(3)));
    if (!isGood && chance.oneIn(12)) mutate(batch, chance, () => batch);
    bytes.push(serialize(batch) ?? NOTHING);
  }
  return { bytes, expect: isGood ? 'accepted' : undefined };
}

/** Gives the chunks of one message. */
function piecesOf(chance: Chance, isGood: boolean, transfer: number): Part[] {
  const isOdd = !isGood && chance.oneIn(12);
  const maker = new MessageMaker(chance, !isGood && chance.oneIn(3), someValue);
  const whole = serialize(maker.message(chance.pick(isOdd ? ODD_KINDS : KINDS))) ?? NOTHING;
  const pieces: Part[] = [];
  const size = !isGood && chance.oneIn(12) ? chance.pick(SIZES) : whole.length;
  for (let at = 0; at < whole.length || pieces.length === 0;) {
    const count = 1 + (chance.oneIn(2) ? chance.below(24) : chance.below(whole.length));
    const flags = (at === 0 ? FIRST : 0) | (at + count >= whole.length ? LAST : 0);
    const told = at === 0 ? [varint(size)] : [];
    const bytes = bytesOf(whole.subarray(at, at + count));
    pieces.push(group(raw(0x57), sized(varint(transfer), raw(flags), ...told, bytes)));
    at += count;
    // Its sender may think better of it.
    if (!isGood && at < whole.length && chance.oneIn(20)) {
      pieces.push(group(raw(0x57), sized(varint(transfer), raw(ABORT))));
      return pieces;
    }
  }
  return pieces;
}

function breakPieces(pieces: Part[], chance: Chance): void {
  for (let count = chance.below(3); count > 0 && pieces.length > 0; count--) {
    const at = chance.below(pieces.length);
    const transfer = varint(chance.below(5));
    const abort = group(raw(0x57), sized(transfer, raw(chance.oneIn(8) ? chance.below(8) : ABORT)));
    if (chance.oneIn(3)) pieces.splice(at, 1);
    else if (chance.oneIn(2)) pieces.splice(at, 0, pieces[chance.below(pieces.length)] as Part);
    else pieces.splice(at, 0, abort);
  }
}

/** What one side makes of the chunks. */
function joinAll(
  batches: readonly Uint8Array[],
  codec: MessageCodec,
  side: 'client' | 'server',
): Outcome {
  const runtime = new VirtualRuntime();
  const assembly = new ByteBudget(67_108_864);
  const assembler = new Assembler({
    runtime,
    codec,
    limits: WIRE_DEFAULTS,
    valueBytes: VALUE_BYTES,
    side,
    assembly,
    maxBytesOf: () => VALUE_BYTES,
    late: () => {
      throw new Error('was late without any time');
    },
  });
  const outcome = new Joining(assembler, codec).run(batches);
  assembler.stop();
  if (assembler.heldBytes !== 0 || assembly.takenBytes !== 0)
    throw new Error('holds bytes of nothing');
  if (runtime.timers !== 0) throw new Error('leaves a timer');
  return outcome;
}

class Joining {
  readonly #assembler: Assembler;
  readonly #codec: MessageCodec;
  readonly #whole = new Map<number, Uint8Array[]>();
  #begun = 0;
  #came = 0;
  #last = 'nothing';

  constructor(assembler: Assembler, codec: MessageCodec) {
    this.#assembler = assembler;
    this.#codec = codec;
  }

  run(batches: readonly Uint8Array[]): Outcome {
    for (const bytes of batches) {
      const batch = readBatch(bytes, this.#codec);
      if (batch instanceof Violation) return refused(batch);
      for (const message of batch.messages) {
        const violation = message.kind === 'CHUNK' ? this.#take(message) : undefined;
        if (violation !== undefined) return refused(violation);
      }
    }
    return { isAccepted: this.#last !== 'nothing', label: this.#last };
  }

  #take(chunk: ChunkMessage): Violation | undefined {
    if (chunk.isFirst) this.#begun++;
    this.#came += chunk.bytes.length;
    this.#note(chunk);
    const joined = this.#assembler.take(chunk);
    const held = this.#assembler.heldBytes;
    const most = this.#begun * SET_ASIDE.startBytes + this.#came * SET_ASIDE.factor;
    if (held < 0 || held > most) throw new Error(`holds ${held} bytes of ${this.#came}`);
    if (joined instanceof Violation) return joined;
    const pieces = this.#whole.get(chunk.transfer) ?? [];
    if (chunk.isLast || chunk.isAbort) this.#whole.delete(chunk.transfer);
    if (joined === undefined) return undefined;
    this.#check(joined, pieces);
    this.#last = joined.kind === 'REFUSED' ? `REFUSED ${joined.code}` : joined.kind;
    return undefined;
  }

  #note({ transfer, isFirst, bytes }: ChunkMessage): void {
    if (isFirst && !this.#whole.has(transfer)) this.#whole.set(transfer, []);
    this.#whole.get(transfer)?.push(bytes.slice());
  }

  /** A message in pieces is what it would be in one, and its payload is nobody else's. */
  #check(joined: ReceivedMessage, pieces: readonly Uint8Array[]): void {
    const live = findLive(joined);
    // What came in very few bytes is read from the buffer that they were joined in.
    if (live !== undefined && !live.endsWith('bytes of another')) throw new Error(live);
    if (joined.kind === 'REFUSED') return;
    const bytes = Buffer.concat([Uint8Array.of(1, 0, 0), ...pieces]);
    const uncut = readBatch(bytes, this.#codec);
    if (uncut instanceof Violation)
      throw new Error(`is a message in pieces, and ${uncut.name} in one`);
    const { isOwned: _isOwned, ...message } = joined as { isOwned?: true };
    if (!isDeepStrictEqual(withOwnBytes(message), withOwnBytes(uncut.messages[0]))) {
      throw new Error('is another message in pieces than in one');
    }
  }
}

/** With a plain array of bytes, for a Buffer is not the same as bytes are. */
function withOwnBytes(message: object | undefined): object | undefined {
  if (message === undefined || !('bytes' in message)) return message;
  return { ...message, bytes: [...(message.bytes as Uint8Array)] };
}

function refused({ name }: Violation): Outcome {
  if (!Object.hasOwn(VIOLATIONS, name)) throw new Error(`violation ${name}`);
  return { isAccepted: false, label: name };
}
