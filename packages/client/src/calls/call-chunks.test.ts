import { describe, expect, test } from 'vitest';
import {
  encodeBatch,
  FEATURES,
  Writer,
  type ChunkMessage,
  type Message,
} from '@trunkline/protocol';
import { errorOf, start } from '../../tests/harness.js';
import { ScriptedServer, welcome, type ScriptedConnection } from '../../tests/scripted-server.js';

const PIECE = 16_384;
/** The most that a client takes. */
const MOST = 16_777_216;
const PLAIN = { kind: 'CHUNK', isFirst: false, isLast: false, isAbort: false, size: 0 } as const;

function startWithChunks() {
  const server = new ScriptedServer();
  server.welcome = welcome({ features: FEATURES.CHUNK });
  return { ...start({}, server), server };
}

function bytesOf(message: Message): Uint8Array {
  return encodeBatch(new Writer(), { seq: 1 }, [message]).slice(3);
}

function chunk(transfer: number, bytes: Uint8Array, more: Partial<ChunkMessage> = {}): Message {
  return { ...PLAIN, transfer, bytes, ...more };
}

function abort(transfer: number): Message {
  return chunk(transfer, new Uint8Array(0), { isAbort: true });
}

/** The first piece of a RESULT that says it has so many bytes of payload. */
function firstOf(id: number, size: number): Message {
  const bytes = bytesOf({ kind: 'RESULT', id, encoding: 3, bytes: new Uint8Array(40_000) });
  return chunk(1, bytes.subarray(0, PIECE), { isFirst: true, size: size + 7 });
}

/** Sends a RESULT in pieces. */
function sendResult(connection: ScriptedConnection, id: number, value: Uint8Array): void {
  const bytes = bytesOf({ kind: 'RESULT', id, encoding: 3, bytes: value });
  for (let from = 0; from < bytes.length; from += PIECE) {
    const isFirst = from === 0;
    const isLast = from + PIECE >= bytes.length;
    const size = isFirst ? bytes.length : 0;
    connection.send(chunk(1, bytes.subarray(from, from + PIECE), { isFirst, isLast, size }));
  }
}

describe('a large result', () => {
  test('is the output when all of it is there, and has a buffer of its own', async () => {
    const { runtime, chat, server } = startWithChunks();
    const call = chat.ping();
    await runtime.settle();
    sendResult(server.latest, 0, new Uint8Array(100_000).fill(7));
    const output = (await call) as unknown as Uint8Array;
    expect([output.length, output.buffer.byteLength]).toEqual([100_000, 100_000]);
    expect(output.every((byte) => byte === 7)).toBe(true);
  });

  test('is refused by its first piece when it is too large, and told with CANCEL', async () => {
    const { runtime, chat, server } = startWithChunks();
    const call = errorOf(chat.ping());
    await runtime.settle();
    server.latest.send(firstOf(0, MOST + 1));
    await runtime.settle();
    expect(await call).toMatchObject({ code: 'TOO_LARGE', executed: 'yes' });
    expect(server.latest.all('CANCEL')).toMatchObject([{ id: 0 }]);
  });

  test('that was refused keeps its id until its last piece, an ABORT, or an ERROR behind it', async () => {
    const { runtime, chat, server } = startWithChunks();
    const call = errorOf(chat.ping());
    await runtime.settle();
    const { latest } = server;
    latest.send(firstOf(0, MOST + 1));
    await runtime.settle();
    await call;
    const second = chat.ping();
    await runtime.settle();
    expect(latest.last('CALL').id).toBe(2);
    latest.send(chunk(1, new Uint8Array(PIECE)), abort(1));
    latest.error(0, { code: 'CANCELLED', executed: 'yes' });
    await runtime.settle();
    const third = chat.ping();
    await runtime.settle();
    expect(latest.last('CALL').id).toBe(0);
    for (const id of [0, 2]) latest.result(id);
    await Promise.all([second, third]);
  });

  test('that is aborted by the server ends with the ERROR behind it', async () => {
    const { runtime, chat, server } = startWithChunks();
    const call = errorOf(chat.ping());
    await runtime.settle();
    server.latest.send(firstOf(0, 100_000), abort(1));
    server.latest.error(0, { code: 'UNAVAILABLE', executed: 'yes' });
    await runtime.settle();
    expect(await call).toMatchObject({ code: 'UNAVAILABLE', executed: 'yes' });
  });

  test('that does not go on coming fails after 10 s, and the connection lives', async () => {
    const { runtime, chat, server } = startWithChunks();
    const call = errorOf(chat.ping());
    await runtime.settle();
    server.latest.send(firstOf(0, 100_000));
    for (let second = 0; second <= 10; second++) {
      await runtime.advance(1_000);
      server.latest.send({ kind: 'PING', value: second });
    }
    await runtime.settle();
    expect(await call).toMatchObject({ code: 'TOO_LARGE' });
    expect(server.latest.all('CANCEL')).toMatchObject([{ id: 0 }]);
    expect(server.latest.closedWith).toBeUndefined();
  });
});
