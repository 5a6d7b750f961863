import { describe, expect, it } from 'vitest';
import { FULL_CODEC } from './full-codec.js';
import { abortOf, Cutter, joinedMessage, startOf, type LargeMessage } from './chunk.js';
import { resolveLimits, WIRE_LIMITS } from './limits.js';
import type { ChunkMessage, ReceivedMessage } from './message.js';
import { Assembler } from './session/assembler.js';
import { VirtualRuntime } from './testing/virtual-runtime.js';
import { Violation } from './violation.js';

const LIMITS = resolveLimits(WIRE_LIMITS);

function result(id: number, bytes: Uint8Array): LargeMessage {
  return { kind: 'RESULT', id, encoding: 3, bytes };
}

function openAssembler(valueBytes = 1_000_000) {
  const runtime = new VirtualRuntime();
  const late: ReceivedMessage[] = [];
  const assembler = new Assembler({
    codec: FULL_CODEC,
    runtime,
    limits: { ...LIMITS, assemblyBytes: 100_000 },
    side: 'server',
    valueBytes,
    maxBytesOf: () => valueBytes,
    late: (refused) => late.push(refused),
  });
  return { assembler, runtime, late };
}

function cut(message: LargeMessage, transfer: number, chunkBytes: number): ChunkMessage[] {
  const cutter = new Cutter(message, { transfer, chunkBytes, encodeBody: FULL_CODEC.encodeBody });
  const chunks: ChunkMessage[] = [];
  while (!cutter.isDone) chunks.push(cutter.next());
  return chunks;
}

describe('chunks', () => {
  it.each(Array.from({ length: 100 }, (_, seed) => seed))(
    'make the messages again, in whatever order transfers take turns: seed %i',
    (seed) => {
      const source = new VirtualRuntime(seed);
      const below = (limit: number): number => Math.floor(source.random() * limit);
      const { assembler, runtime } = openAssembler();
      const sent = Array.from({ length: 1 + below(6) }, (_, id) =>
        result(
          id,
          Uint8Array.from({ length: below(400) }, () => below(256)),
        ),
      );
      const queues = sent.map((message, id) => cut(message, id, 1 + below(90)));
      const came: unknown[] = [];
      while (queues.some((queue) => queue.length > 0)) {
        const chunk = queues[below(queues.length)]?.shift();
        const joined = chunk && assembler.take(chunk);
        if (joined !== undefined) came.push(joined);
      }
      const byId = came.toSorted((a, b) => (a as LargeMessage).id - (b as LargeMessage).id);
      expect(byId).toMatchObject(sent);
      expect([assembler.heldBytes, runtime.timers]).toEqual([0, 0]);
    },
  );

  it('do not copy the payload, and say the size first', () => {
    const bytes = new Uint8Array(50);
    const [first, second, third] = cut(result(1, bytes), 9, 20);
    expect(first).toMatchObject({ transfer: 9, isFirst: true, isLast: false, size: 54 });
    expect(second).toMatchObject({ isFirst: false, isLast: false, size: 0 });
    expect(second?.bytes.buffer).toBe(bytes.buffer);
    expect(third).toMatchObject({ isFirst: false, isLast: true });
  });

  it('tell whose message they are from their start', () => {
    expect(startOf(Uint8Array.of(0x52, 4, 7))).toEqual({ of: 'RESULT', id: 7 });
    expect(startOf(Uint8Array.of(0x52, 4))).toBeUndefined();
    expect(startOf(Uint8Array.of(0x50, 4, 7))).toBeUndefined();
    expect(startOf(Uint8Array.of(0xff, 4, 7))).toBeUndefined();
  });

  it.each([
    ['BIND', [0x50, 0]],
    ['VOID', [0x58, 0]],
    ['a message without number', [0x07, 4, 0, 0, 0, 0]],
    ['more than a message', [0x54, 2, 0, 0, 0]],
    ['nothing', []],
  ])('are no message when they make %s', (_what, bytes) => {
    expect(joinedMessage(Uint8Array.from(bytes), FULL_CODEC.decoders)).toBeInstanceOf(Violation);
  });

  it('of an optional kind that nobody knows are skipped', () => {
    expect(joinedMessage(Uint8Array.of(0xff, 1, 0), FULL_CODEC.decoders)).toEqual({
      kind: 'SKIPPED',
      sequenced: true,
    });
  });
});

describe('Assembler', () => {
  it('sets little aside by an announced size', () => {
    const { assembler } = openAssembler(2 ** 50);
    const [first] = cut(result(0, new Uint8Array(100)), 1, 50);
    assembler.take({ ...(first as ChunkMessage), size: 2 ** 50 });
    expect(assembler.heldBytes).toBe(131_072);
    assembler.stop();
    expect(assembler.heldBytes).toBe(0);
  });

  it('refuses a value over its limit at once, and says when it has ended', () => {
    const { assembler, runtime } = openAssembler(1_000);
    const chunks = cut(result(5, new Uint8Array(20_000)), 1, 5_000);
    const said = chunks.map((chunk) => assembler.take(chunk));
    const refused = { kind: 'REFUSED', of: 'RESULT', id: 5, code: 'TOO_LARGE' };
    expect(said.filter((one) => one !== undefined)).toEqual([
      { ...refused, isNew: true, isOver: false },
      { ...refused, isNew: false, isOver: true },
    ]);
    expect([assembler.heldBytes, runtime.timers]).toEqual([0, 0]);
  });

  it.each([
    [1_000, 'RESULT'],
    [1_001, 'REFUSED'],
  ])('takes a payload of %i bytes under a limit of 1,000: %s', (size, kind) => {
    const { assembler } = openAssembler(1_000);
    const said = cut(result(5, new Uint8Array(size)), 1, 300).map((chunk) => assembler.take(chunk));
    expect(said.at(-1)).toMatchObject({ kind });
  });

  it('tells that a transfer was aborted, and takes the next under its number', () => {
    const { assembler, runtime } = openAssembler();
    const chunks = cut(result(5, new Uint8Array(100)), 1, 50);
    assembler.take(chunks[0] as ChunkMessage);
    expect(assembler.take(abortOf(1))).toMatchObject({ code: 'CANCELLED', isNew: true, id: 5 });
    expect([assembler.heldBytes, runtime.timers]).toEqual([0, 0]);
    expect(chunks.map((chunk) => assembler.take(chunk)).at(-1)).toMatchObject({ kind: 'RESULT' });
  });

  it('lets one value alone pass the bound of all', () => {
    const { assembler } = openAssembler();
    const chunks = cut(result(5, new Uint8Array(200_000)), 1, 16_384);
    expect(chunks.map((chunk) => assembler.take(chunk)).at(-1)).toMatchObject({ kind: 'RESULT' });
  });

  it('refuses what pauses for more than ten seconds', async () => {
    const { assembler, runtime, late } = openAssembler();
    const [first, second] = cut(result(5, new Uint8Array(200)), 1, 50) as ChunkMessage[];
    assembler.take(first as ChunkMessage);
    await runtime.advance(10_000);
    assembler.take(second as ChunkMessage);
    await runtime.advance(10_000);
    expect(late).toEqual([]);
    await runtime.advance(1);
    expect(late).toMatchObject([{ code: 'TOO_LARGE', id: 5, isOver: false }]);
    assembler.stop();
    expect(runtime.timers).toBe(0);
  });
});
