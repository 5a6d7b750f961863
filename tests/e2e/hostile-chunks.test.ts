import { call, contract, stream } from '@trunkline/contract';
import {
  encodeBatch,
  takesNumber,
  Writer,
  type ChunkMessage,
  type Message,
} from '@trunkline/protocol';
import type { VirtualRuntime } from '@trunkline/protocol/testing';
import { implement } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openRawHost, payloadOf, type RawPeer } from '../support/raw-peer.js';

const Bytes = z.instanceof(Uint8Array);
const MIB = 1_048_576;
const PIECE = 16_384;

const files = contract('files', {
  take: call({ input: Bytes, output: z.int() }),
  give: call({ input: z.int(), output: Bytes, maxOutputBytes: 8 * MIB }),
  small: call({ input: Bytes, output: z.int(), maxInputBytes: 100_000 }),
  upload: stream({ up: Bytes, output: z.int() }),
});

function openHost(limits = {}) {
  const taken: number[] = [];
  const service = implement(files, {
    take: (bytes) => taken.push(bytes.length),
    small: (bytes) => taken.push(bytes.length),
    give: (size) => new Uint8Array(size),
    async upload(_input, context) {
      let bytes = 0;
      for await (const piece of context.items) bytes += piece.length;
      return bytes;
    },
  });
  return { host: openRawHost({ services: [service], anonymous: true, limits }), taken };
}

async function welcome(peer: RawPeer, features = 2): Promise<RawPeer> {
  await peer.send({ kind: 'HELLO', features, agent: 'raw', token: '', revisions: [] });
  const hashes = { sendHash: '0'.repeat(16), receiveHash: '0'.repeat(16) };
  await peer.send(
    { kind: 'BIND', procedure: 0, procedureKind: 'call', name: 'files.take', ...hashes },
    { kind: 'BIND', procedure: 1, procedureKind: 'call', name: 'files.give', ...hashes },
    { kind: 'BIND', procedure: 2, procedureKind: 'stream', name: 'files.upload', ...hashes },
    { kind: 'BIND', procedure: 3, procedureKind: 'call', name: 'files.small', ...hashes },
  );
  return peer;
}

function bytesOf(message: Message): Uint8Array {
  const head = takesNumber(message) ? { seq: 1 } : {};
  return encodeBatch(new Writer(), head, [message]).slice(takesNumber(message) ? 3 : 1);
}

function takeCall(id: number, size: number): Uint8Array {
  return bytesOf({ kind: 'CALL', id, procedure: 0, encoding: 3, bytes: new Uint8Array(size) });
}

const PLAIN = { kind: 'CHUNK', isFirst: false, isLast: false, isAbort: false, size: 0 } as const;

function abort(transfer: number): ChunkMessage {
  return { ...PLAIN, transfer, isAbort: true, bytes: new Uint8Array(0) };
}

/** The chunks of some bytes; `size` is what is announced. */
function chunksOf(transfer: number, bytes: Uint8Array, size = bytes.length): ChunkMessage[] {
  const chunks: ChunkMessage[] = [];
  for (let from = 0; from < bytes.length; from += PIECE) {
    const isFirst = from === 0;
    const isLast = from + PIECE >= bytes.length;
    const piece = bytes.subarray(from, from + PIECE);
    chunks.push({ ...PLAIN, transfer, isFirst, isLast, size: isFirst ? size : 0, bytes: piece });
  }
  return chunks;
}

/** Lets time pass in which the peer gives signs of life, and nothing else. */
async function speakFor(peer: RawPeer, runtime: VirtualRuntime, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 3_000) {
    await peer.send({ kind: 'PING', value: left });
    await runtime.advance(Math.min(left, 3_000));
  }
}

/** Sends chunks, each in a batch of its own. */
async function sendAll(peer: RawPeer, chunks: readonly Message[]): Promise<void> {
  for (const chunk of chunks) await peer.send(chunk);
}

describe('chunks of a raw client', () => {
  it('make a call, one byte at a time as well', async () => {
    const { host, taken } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await sendAll(peer, chunksOf(7, takeCall(0, 100_000)));
    const small = takeCall(2, 40);
    for (let from = 0; from < small.length; from++) {
      const isFirst = from === 0;
      const isLast = from === small.length - 1;
      const bytes = small.subarray(from, from + 1);
      const size = isFirst ? small.length : 0;
      await peer.send({ ...PLAIN, transfer: 7, isFirst, isLast, size, bytes });
    }
    expect(taken).toEqual([100_000, 40]);
    expect(peer.of('RESULT').map(({ id }) => id)).toEqual([0, 2]);
  });

  it.each<[string, () => Message[]]>([
    [
      'FIRST comes for a live transfer',
      () =>
        [chunksOf(1, takeCall(0, 99_999)), chunksOf(1, takeCall(2, 99_999))].map(
          ([first]) => first as Message,
        ),
    ],
    ['a piece comes without FIRST', () => chunksOf(1, takeCall(0, 50_000)).slice(1)],
    ['ABORT comes without a transfer', () => [abort(1)]],
    [
      'ABORT has bytes',
      () => [
        ...chunksOf(1, takeCall(0, 50_000)).slice(0, 1),
        { ...abort(1), bytes: new Uint8Array(1) },
      ],
    ],
    ['the pieces are less than announced', () => chunksOf(1, takeCall(0, 50_000), 60_000)],
    ['the pieces are more than announced', () => chunksOf(1, takeCall(0, 50_000), 40_000)],
    ['they make a BIND', () => chunksOf(1, Uint8Array.of(0x50, 0))],
    ['they make a VOID', () => chunksOf(1, bytesOf({ kind: 'VOID' }))],
    ['they make a message without number', () => chunksOf(1, bytesOf({ kind: 'PING', value: 1 }))],
    ['they make a message and a byte more', () => chunksOf(1, Uint8Array.of(...takeCall(0, 3), 0))],
    ['they make a kind that nobody knows', () => chunksOf(1, Uint8Array.of(0x5b, 0))],
    [
      'too many transfers are live',
      () => Array.from({ length: 257 }, (_, n) => chunksOf(n, takeCall(0, 50_000))[0] as Message),
    ],
  ])('close with 4400 when %s', async (_what, attack) => {
    const { host, taken } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await sendAll(peer, attack());
    expect(peer.closed?.code).toBe(4400);
    expect(taken).toEqual([]);
  });

  it.each([
    [MIB - 1, true],
    [MIB, true],
    [MIB + 1, false],
    [MIB + 20_000, false],
  ])('carry %i bytes: %s', async (size, fits) => {
    const { host, taken } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await sendAll(peer, chunksOf(1, takeCall(0, size)));
    expect(taken).toEqual(fits ? [size] : []);
    expect(peer.of('ERROR')).toMatchObject(fits ? [] : [{ code: 'TOO_LARGE', executed: 'no' }]);
    await sendAll(peer, chunksOf(1, takeCall(0, 50_000)));
    expect(taken.at(-1)).toBe(50_000);
  });

  it('are refused once for an announced size without end, and dropped until their end', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    const [first, second] = chunksOf(1, takeCall(0, 99_999), 2 ** 50) as [Message, Message];
    await sendAll(peer, [first, second, second, abort(1)]);
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'TOO_LARGE', executed: 'no' }]);
    expect(peer.closed).toBeUndefined();
  });

  it('are refused with BUSY above 4 MiB in assembly, where another is live', async () => {
    const { host, taken } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    const calls = [0, 2, 4, 6, 8].map((id) => chunksOf(id, takeCall(id, 1_040_000)));
    for (const chunks of calls) await sendAll(peer, chunks.slice(0, -1));
    expect(peer.of('ERROR')).toMatchObject([{ id: 8, code: 'BUSY', executed: 'no' }]);
    for (const chunks of calls) await sendAll(peer, chunks.slice(-1));
    expect(taken).toEqual(Array.from({ length: 4 }, () => 1_040_000));
  });

  it('are refused at once when their procedure takes less than is announced', async () => {
    const { host, taken } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    const call = (id: number, size: number): Uint8Array =>
      bytesOf({ kind: 'CALL', id, procedure: 3, encoding: 3, bytes: new Uint8Array(size) });
    const chunks = chunksOf(1, call(0, 100_001));
    await sendAll(peer, chunks.slice(0, 1));
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'TOO_LARGE', executed: 'no' }]);
    await sendAll(peer, [...chunks.slice(1), ...chunksOf(1, call(2, 100_000))]);
    expect(taken).toEqual([100_000]);
    expect(peer.of('ERROR')).toHaveLength(1);
  });

  it('are refused with BUSY when all sessions of a server hold too much', async () => {
    const { host, taken } = openHost({ assemblyNodeBytes: 3_000_000 });
    await using _ = host;
    const calls = chunksOf(1, takeCall(0, 1_000_000));
    const peers = [];
    for (let n = 0; n < 4; n++) {
      const peer = await welcome(host.connect());
      await sendAll(peer, calls.slice(0, -1));
      peers.push(peer);
    }
    const [first, second, , last] = peers as [RawPeer, RawPeer, RawPeer, RawPeer];
    expect(last.of('ERROR')).toMatchObject([{ id: 0, code: 'BUSY', executed: 'no' }]);
    await sendAll(last, calls.slice(-1));
    // What is complete, aborted or lost with its session makes room.
    await sendAll(first, calls.slice(-1));
    await sendAll(last, chunksOf(1, takeCall(0, 1_000_000)));
    await sendAll(second, [abort(1)]);
    await sendAll(last, chunksOf(1, takeCall(0, 1_000_000)));
    expect(taken).toEqual([1_000_000, 1_000_000, 1_000_000]);
    expect(peers.flatMap((peer) => peer.of('ERROR').map(({ code }) => code))).toEqual([
      'CANCELLED',
      'BUSY',
    ]);
  });

  it('are refused when more than 10 s pass between two of them', async () => {
    const { host, taken } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    const chunks = chunksOf(1, takeCall(0, 50_000));
    await sendAll(peer, chunks.slice(0, 1));
    await speakFor(peer, host.runtime, 9_999);
    await sendAll(peer, chunks.slice(1, 2));
    await speakFor(peer, host.runtime, 10_000);
    expect(peer.of('ERROR')).toEqual([]);
    await host.runtime.advance(1);
    expect(peer.of('ERROR')).toMatchObject([{ code: 'TOO_LARGE', executed: 'no' }]);
    await sendAll(peer, chunks.slice(2));
    expect(taken).toEqual([]);
    expect(peer.closed).toBeUndefined();
  });

  it('end their connection when nothing at all comes between two of them', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await sendAll(peer, chunksOf(1, takeCall(0, 50_000)).slice(0, 1));
    await host.runtime.advance(8_000);
    expect(peer.of('ERROR')).toEqual([]);
    expect(peer.closed?.code).toBe(1006);
  });

  it('are answered when they are aborted, and the id is free', async () => {
    const { host, taken } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await sendAll(peer, [...chunksOf(1, takeCall(0, 50_000)).slice(0, 2), abort(1)]);
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'CANCELLED', executed: 'no' }]);
    await sendAll(peer, chunksOf(1, takeCall(0, 50_000)));
    expect(taken).toEqual([50_000]);
  });

  it('are refused as an item that is too large, which ends its stream', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await peer.send({ kind: 'CALL', id: 0, procedure: 2, encoding: 0, bytes: new Uint8Array(0) });
    const item = bytesOf({ kind: 'ITEM', id: 0, encoding: 3, bytes: new Uint8Array(2 * MIB) });
    await sendAll(peer, chunksOf(1, item));
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'TOO_LARGE' }]);
    expect(host.server.counts.calls).toBe(0);
  });
});

describe('chunks of the server', () => {
  const give = (size: number): Message => ({
    kind: 'CALL',
    id: 0,
    procedure: 1,
    ...payloadOf(size),
  });

  it('stay within 48 KiB until something is acknowledged, and ask for it', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await peer.send(give(8 * MIB));
    expect(peer.of('CHUNK').map(({ bytes }) => bytes.length)).toEqual([PIECE, PIECE, PIECE]);
    expect(peer.of('CHUNK').map(({ isFirst }) => isFirst)).toEqual([true, false, false]);
  });

  it('let the answer of a small call pass', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await peer.send(give(8 * MIB));
    await sendAll(
      peer,
      [2, 4, 6].map((id) => ({ kind: 'CALL', id, procedure: 1, ...payloadOf(10) })),
    );
    expect(peer.of('RESULT').map(({ id }) => id)).toEqual([2, 4, 6]);
    expect(peer.of('CHUNK')).toHaveLength(3);
  });

  it('end with ABORT and an ERROR when their call is cancelled', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await peer.send(give(8 * MIB));
    await peer.send({ kind: 'CANCEL', id: 0, reason: 'withdrawn' });
    expect(peer.of('CHUNK').map(({ isAbort }) => isAbort)).toEqual([false, false, false, true]);
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'CANCELLED', executed: 'yes' }]);
  });

  it('do not come to a client that did not set CHUNK: its call fails instead', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect(), 0);
    await peer.send(give(200_000));
    await peer.send({ ...give(300_000), id: 2 } as Message);
    expect(peer.of('RESULT').map(({ bytes }) => bytes.length)).toEqual([200_000]);
    expect(peer.of('ERROR')).toMatchObject([{ id: 2, code: 'TOO_LARGE', executed: 'yes' }]);
    expect(peer.of('CHUNK')).toEqual([]);
  });

  it('are refused as OVERLOADED beside others that are held', async () => {
    const { host } = openHost();
    await using _ = host;
    const peer = await welcome(host.connect());
    await peer.send(give(8 * MIB), { ...give(4 * MIB), id: 2 } as Message);
    expect(peer.of('ERROR')).toMatchObject([{ id: 2, code: 'OVERLOADED', executed: 'yes' }]);
    expect(peer.closed).toBeUndefined();
  });
});
