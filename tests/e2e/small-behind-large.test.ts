import { call, contract } from '@trunkline/contract';
import { decodeBatch, encodeBatch, Writer, type Batch, type Message } from '@trunkline/protocol';
import { implement } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openRawHost, payloadOf } from '../support/raw-peer.js';

const MIB = 1_048_576;

const files = contract('files', {
  give: call({ input: z.int(), output: z.instanceof(Uint8Array), maxOutputBytes: 8 * MIB }),
});

const service = implement(files, { give: (size) => new Uint8Array(size) });

/** A client behind a link of so many bytes in a millisecond, which acknowledges what asks for it. */
async function openSlowLink(bytesPerMs: number) {
  const host = openRawHost({ services: [service], anonymous: true });
  const { network, runtime } = host;
  const came: { size: number; batch: Batch }[] = [];
  const queue: Uint8Array[] = [];
  let tx = 0;
  let rx = 0;
  const transport = network.dial('ws://memory', ['trunkline.v1.superjson'], {
    opened: () => undefined,
    receive: (bytes) => void queue.push(bytes.slice()),
    receiveText: () => undefined,
    writable: () => undefined,
    closed: () => undefined,
  });
  const send = async (...messages: Message[]): Promise<void> => {
    const numbered = messages.filter(({ kind }) => kind !== 'HELLO' && kind !== 'PING').length;
    const head = numbered === 0 ? {} : { seq: tx + 1 };
    tx += numbered;
    transport.write([encodeBatch(new Writer(), head, messages).slice()]);
    await runtime.settle();
  };
  /** Lets one batch through the link; gives its size. */
  const next = async (): Promise<number> => {
    const bytes = queue.shift();
    if (bytes === undefined) return 0;
    await runtime.advance(Math.ceil(bytes.length / bytesPerMs));
    const batch = decodeBatch(bytes) as Batch;
    came.push({ size: bytes.length, batch });
    if (batch.seq !== undefined) {
      rx = Math.max(
        rx,
        batch.seq + batch.messages.filter(({ kind }) => kind !== 'PONG').length - 1,
      );
    }
    if (batch.now) transport.write([encodeBatch(new Writer(), { ack: rx }, [])]);
    await runtime.settle();
    return bytes.length;
  };
  await runtime.settle();
  await send({ kind: 'HELLO', features: 2, agent: 'raw', token: '', revisions: [] });
  const hashes = { sendHash: '0'.repeat(16), receiveHash: '0'.repeat(16) };
  const name = 'files.give';
  await send({ kind: 'BIND', procedure: 0, procedureKind: 'call', name, ...hashes });
  /** How many bytes come until a message does, which is asked for now. */
  const bytesAhead = async (asked: Message, wanted: string, id?: number): Promise<number> => {
    await send(asked);
    let ahead = 0;
    for (;;) {
      const size = await next();
      if (size === 0) throw new Error(`no ${wanted} came`);
      const last = came.at(-1)?.batch.messages ?? [];
      const isThere = last.some(
        (one) => one.kind === wanted && (id === undefined || ('id' in one && one.id === id)),
      );
      if (isThere) return ahead;
      ahead += size;
    }
  };
  return { host, send, next, bytesAhead, came };
}

const give = (id: number, size: number): Message => ({
  kind: 'CALL',
  id,
  procedure: 0,
  ...payloadOf(size),
});

describe('a small call behind a reply of 8 MiB, on a link of 10 Mbit/s', () => {
  it('waits for three chunks at most, and so does PING', async () => {
    const link = await openSlowLink(1_250);
    await using _ = link.host;
    while ((await link.next()) > 0);
    await link.send(give(0, 8 * MIB));
    for (let turn = 0; turn < 20; turn++) {
      expect(await link.bytesAhead(give(2, 10), 'RESULT', 2)).toBeLessThan(50_000);
      const ping: Message = { kind: 'PING', value: turn };
      expect(await link.bytesAhead(ping, 'PONG')).toBeLessThan(50_000);
    }
  });

  it('does not hold up the reply, which goes on with each acknowledgement', async () => {
    const link = await openSlowLink(1_250);
    await using _ = link.host;
    while ((await link.next()) > 0);
    await link.send(give(0, 2 * MIB));
    const startedAt = link.host.runtime.now();
    while ((await link.next()) > 0);
    const chunks = link.came
      .flatMap(({ batch }) => batch.messages)
      .filter(({ kind }) => kind === 'CHUNK');
    expect(chunks).toHaveLength(Math.ceil((2 * MIB + 8) / 16_384));
    // As long as the link needs for the bytes, and hardly longer.
    const elapsed = link.host.runtime.now() - startedAt;
    expect(elapsed).toBeLessThan((2 * MIB * 1.1) / 1_250);
  });
});
