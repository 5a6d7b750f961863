import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch, FULL_CODEC } from '../full-codec.js';
import { takesNumber, type Batch, type BatchHead } from '../batch.js';
import { Writer } from '../bytes/writer.js';
import type { Close } from '../close-code.js';
import { resolveLimits, WIRE_LIMITS } from '../limits.js';
import { ENCODING, type Message, type ReceivedMessage } from '../message.js';
import { VirtualRuntime } from '../testing/virtual-runtime.js';
import type { Transport } from '../transport.js';
import { Violation } from '../violation.js';
import { NEWS, shared } from '../../tests/shared.js';
import { Link, type LinkOwner } from './link.js';

const LIMITS = resolveLimits(WIRE_LIMITS);
const VOID: Message = { kind: 'VOID' };
const PING: Message = { kind: 'PING', value: 7 };

/** Keeps what is written, and takes it from the process only when the test says so. */
class ScriptedTransport implements Transport {
  readonly writes: Batch[][] = [];
  readonly raw: Uint8Array[] = [];
  bufferedBytes = 0;
  isStuck = false;

  write(batches: readonly Uint8Array[]): void {
    this.raw.push(...batches);
    this.writes.push(batches.map((batch) => decodeBatch(batch) as Batch));
    if (this.isStuck) for (const { length } of batches) this.bufferedBytes += length;
  }

  close(): void {}
  abort(): void {}

  get batches(): Batch[] {
    return this.writes.flat();
  }

  get messages(): ReceivedMessage[] {
    return this.batches.flatMap(({ messages }) => messages);
  }
}

class Harness implements LinkOwner {
  readonly runtime = new VirtualRuntime();
  readonly transport = new ScriptedTransport();
  readonly received: ReceivedMessage[] = [];
  readonly failures: (Close | 'cut')[] = [];
  readonly link: Link;
  isOutstanding = false;
  flushes = 0;
  onReceive: (message: ReceivedMessage) => Violation | undefined = () => undefined;

  /** Gives the link a batch of the peer. */
  readonly deliver = (head: BatchHead, messages: Message[] = []): string | undefined =>
    this.link.receive(encodeBatch(new Writer(), head, messages))?.name;

  constructor(side: 'client' | 'server' = 'client', limits: Partial<typeof LIMITS> = {}) {
    const { transport, runtime } = this;
    const options = { transport, runtime, limits: { ...LIMITS, ...limits }, side };
    this.link = new Link(this, { ...options, codec: FULL_CODEC, valueBytes: 1_048_576 });
  }

  receive(message: ReceivedMessage): Violation | undefined {
    this.received.push(message);
    return this.onReceive(message);
  }
  isBusy(): boolean {
    return this.isOutstanding;
  }
  flushed(): void {
    this.flushes++;
  }
  failed(close: Close | 'cut'): void {
    this.failures.push(close);
    this.link.stop();
  }
}

function result(id: number, size = 0): Message {
  return { kind: 'RESULT', id, encoding: ENCODING.BYTES, bytes: new Uint8Array(size) };
}

function idsOf(messages: readonly ReceivedMessage[]): number[] {
  return messages.map((message) => (message as { id: number }).id);
}

function voids(count: number): Message[] {
  return Array.from({ length: count }, () => VOID);
}

describe('Link, writing', () => {
  it('writes once for all that is sent in a turn, and numbers it', async () => {
    const { link, transport, runtime } = new Harness();
    for (const id of [0, 2, 4]) link.send(result(id));
    expect(transport.writes).toEqual([]);
    await runtime.settle();
    expect(transport.writes).toHaveLength(1);
    expect(transport.batches).toMatchObject([{ seq: 1, ack: undefined, now: false }]);
    link.send(PING);
    link.send(result(6));
    await runtime.settle();
    expect(transport.batches[1]).toMatchObject({ seq: 4, messages: [PING, result(6)] });
    expect(idsOf(transport.messages.filter(takesNumber))).toEqual([0, 2, 4, 6]);
  });

  it('writes what is sent in microtasks of the turn with the rest of it', async () => {
    const { link, transport, runtime } = new Harness();
    link.send(result(0));
    await Promise.resolve().then(() => link.send(result(2)));
    await runtime.settle();
    expect(transport.writes).toHaveLength(1);
    expect(transport.batches).toHaveLength(1);
  });

  it('closes batches at 64 KiB, and counts numbers on from batch to batch', async () => {
    const { link, transport, runtime } = new Harness();
    for (let id = 0; id < 20; id += 2) link.send(result(id, 20_000));
    await runtime.settle();
    expect(transport.writes).toHaveLength(1);
    expect(transport.batches.map(({ seq }) => seq)).toEqual([1, 4, 7, 10]);
    for (const { length } of transport.raw) expect(length).toBeLessThanOrEqual(65_536);
  });

  it('writes in the middle of a turn when much waits, and waits when the socket is full', async () => {
    const { link, transport, runtime } = new Harness();
    transport.isStuck = true;
    for (let id = 0; id < 100; id += 2) link.send(result(id, 10_000));
    expect(transport.writes).toHaveLength(1);
    expect(transport.bufferedBytes).toBeGreaterThanOrEqual(262_144);
    expect(transport.bufferedBytes).toBeLessThan(262_144 + 65_536);
    await runtime.settle();
    expect(transport.writes).toHaveLength(1);
    expect(link.queuedMessages).toBeGreaterThan(0);
    expect(link.queuedBytes).toBeGreaterThan(500_000);
    transport.bufferedBytes = 0;
    link.writable();
    await runtime.settle();
    expect(link.queuedMessages).toBe(0);
    expect(idsOf(transport.messages)).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
  });

  it('writes a shared batch as it is, beside its own in the same write', async () => {
    const { link, transport, runtime } = new Harness();
    const batch = shared(NEWS);
    link.send(result(0));
    link.sendShared(batch);
    link.send(result(2));
    await runtime.settle();
    expect(transport.writes).toHaveLength(1);
    expect(transport.batches.map(({ seq }) => seq)).toEqual([1, undefined, 2]);
    expect(transport.raw[1]).toBe(batch.seal());
  });

  it('does not write what was withdrawn, and gives no number to it', async () => {
    const { link, transport, runtime } = new Harness();
    const first = link.send(result(0));
    link.send(result(2));
    expect(link.withdraw(first)).toBe(true);
    await runtime.settle();
    expect(transport.batches).toMatchObject([{ seq: 1, messages: [result(2)] }]);
    expect(link.withdraw(first)).toBe(false);
  });

  it('writes as deadline what remains at the moment of writing', async () => {
    const { link, transport, runtime } = new Harness();
    const call = { kind: 'CALL', procedure: 0, encoding: 0, bytes: new Uint8Array(0) } as const;
    transport.isStuck = true;
    transport.bufferedBytes = 262_144;
    link.send({ ...call, id: 0, deadlineAt: 5_000 });
    link.send({ ...call, id: 2, deadlineAt: 1_000 });
    link.send({ ...call, id: 4, deadlineMs: 700 });
    link.send({ ...call, id: 6, deadlineAt: 2 ** 40 });
    await runtime.advance(1_499.5);
    expect(transport.writes).toEqual([]);
    transport.bufferedBytes = 0;
    link.writable();
    await runtime.settle();
    const deadlines = transport.messages.map(
      (message) => (message as { deadlineMs: number }).deadlineMs,
    );
    expect(deadlines).toEqual([3_501, 0, 700, 0xffffffff]);
  });

  it('waits with 16,384 un-acknowledged messages, asks for an answer from half of them on', async () => {
    const { link, transport, runtime, deliver } = new Harness();
    for (let count = 0; count < 16_390; count++) link.send(VOID);
    await runtime.settle();
    expect(transport.messages).toHaveLength(16_384);
    expect(link.queuedMessages).toBe(6);
    const asking = transport.batches.map(({ now }) => now);
    expect([asking[0], asking.at(-1)]).toEqual([false, true]);
    expect(deliver({ ack: 5 })).toBeUndefined();
    await runtime.settle();
    expect(transport.messages).toHaveLength(16_389);
    deliver({ ack: 16_389 });
    await runtime.settle();
    expect(link.queuedMessages).toBe(0);
    expect(transport.batches.at(-1)).toMatchObject({ seq: 16_390, now: false });
  });

  it('tells its owner after each flush', async () => {
    const harness = new Harness();
    harness.link.send(PING);
    await harness.runtime.settle();
    expect(harness.flushes).toBe(1);
  });
});

describe('Link, acknowledging', () => {
  it('acknowledges after 200 ms', async () => {
    const { transport, runtime, deliver } = new Harness();
    deliver({ seq: 1 }, voids(31));
    await runtime.advance(199);
    expect(transport.writes).toEqual([]);
    await runtime.advance(1);
    expect(transport.batches).toEqual([{ seq: undefined, ack: 31, now: false, messages: [] }]);
    await runtime.advance(1_000);
    expect(transport.writes).toHaveLength(1);
  });

  it('acknowledges 32 messages at once, in one batch or many', async () => {
    const { transport, runtime, deliver } = new Harness();
    deliver({ seq: 1 }, voids(32));
    await runtime.settle();
    expect(transport.batches).toMatchObject([{ ack: 32, messages: [] }]);
    for (let number = 33; number <= 64; number++) deliver({ seq: number }, [VOID]);
    await runtime.settle();
    expect(transport.batches[1]).toMatchObject({ ack: 64 });
  });

  it('acknowledges 64 KiB at once, of batches that have numbers', async () => {
    const { transport, runtime, deliver } = new Harness();
    const topic = { ...result(0, 60_000), kind: 'MESSAGE', topic: 1, offset: 1, skipped: 0 };
    deliver({}, [topic as Message]);
    deliver({ seq: 1 }, [result(0, 60_000)]);
    await runtime.settle();
    expect(transport.writes).toEqual([]);
    deliver({ seq: 2 }, [result(2, 6_000)]);
    await runtime.settle();
    expect(transport.batches).toMatchObject([{ ack: 2 }]);
  });

  it('acknowledges in the turn of a batch that asks for it, even if it has only duplicates', async () => {
    const { transport, runtime, deliver } = new Harness();
    deliver({ seq: 1, now: true }, [VOID]);
    await runtime.settle();
    deliver({ seq: 1, now: true }, [VOID]);
    await runtime.settle();
    expect(transport.batches).toEqual([
      { seq: undefined, ack: 1, now: false, messages: [] },
      { seq: undefined, ack: 1, now: false, messages: [] },
    ]);
  });

  it('acknowledges with a batch of its own that leaves anyway', async () => {
    const { link, transport, runtime, deliver } = new Harness();
    deliver({ seq: 1 }, voids(3));
    link.send(PING);
    await runtime.advance(1_000);
    expect(transport.batches).toMatchObject([{ ack: 3, messages: [PING] }]);
  });

  it('acknowledges beside shared batches, which say nothing', async () => {
    const { link, transport, runtime, deliver } = new Harness();
    deliver({ seq: 1, now: true }, [VOID]);
    link.sendShared(shared(NEWS));
    await runtime.settle();
    expect(transport.batches.map(({ ack }) => ack)).toEqual([undefined, 1]);
  });

  it('acknowledges nothing to a peer that sends no numbers', async () => {
    const { transport, runtime, deliver } = new Harness();
    deliver({}, [{ kind: 'PONG', value: 0 }]);
    deliver({ ack: 0 });
    await runtime.advance(1_000);
    expect(transport.writes).toEqual([]);
  });
});

describe('Link, reading', () => {
  it('hands messages on in order, and PING, PONG, VOID and skipped ones not', async () => {
    const { link, transport, runtime, received, deliver } = new Harness();
    deliver({ seq: 1 }, [result(0), PING, VOID, { kind: 'PONG', value: 1 }, result(2)]);
    expect(link.receive(Uint8Array.from([1, 4, 0, 0xff, 0, 0xbf, 0]))).toBeUndefined();
    deliver({ seq: 5 }, [result(4)]);
    expect(idsOf(received)).toEqual([0, 2, 4]);
    await runtime.settle();
    expect(transport.messages).toContainEqual({ kind: 'PONG', value: 7 });
  });

  it('skips duplicates and takes what is new behind them', () => {
    const { received, deliver } = new Harness();
    deliver({ seq: 1 }, [result(0), result(2)]);
    expect(deliver({ seq: 1 }, [result(0), result(2), result(4)])).toBeUndefined();
    expect(deliver({ seq: 2 }, [result(2)])).toBeUndefined();
    expect(idsOf(received)).toEqual([0, 2, 4]);
  });

  it('goes on across the turn of 16 bits', () => {
    const { received, deliver } = new Harness();
    for (let number = 1; number < 70_000; number += 1_000) {
      expect(deliver({ seq: number }, voids(1_000))).toBeUndefined();
    }
    expect(deliver({ seq: 70_001 }, [result(0)])).toBeUndefined();
    expect(received).toHaveLength(1);
  });

  it.each<[string, BatchHead, Message[], string]>([
    ['a number too high', { seq: 2 }, [result(0)], 'BAD_SEQ'],
    ['an acknowledgement of nothing', { ack: 1 }, [], 'BAD_ACK'],
    ['an acknowledgement of nothing before a message', { seq: 1, ack: 9 }, [result(0)], 'BAD_ACK'],
  ])('refuses %s and takes nothing of it', (_what, ...[head, messages, name]) => {
    const { received, deliver } = new Harness();
    expect(deliver(head, messages)).toBe(name);
    expect(received).toEqual([]);
  });

  it('takes a batch of 256 KiB and refuses a byte more', () => {
    const { link } = new Harness();
    expect(link.receive(new Uint8Array(262_145))?.name).toBe('BATCH_TOO_BIG');
    const batch = encodeBatch(new Writer(), { seq: 1 }, [result(0, 262_144 - 3 - 1 - 3 - 2)]);
    expect(batch).toHaveLength(262_144);
    expect(link.receive(batch)).toBeUndefined();
  });

  it('stops at a message that its owner refuses, and at one at which it is stopped', () => {
    const refused = new Harness();
    refused.onReceive = () => new Violation('BAD_CALL_ID');
    expect(refused.deliver({ seq: 1 }, [result(0), result(2)])).toBe('BAD_CALL_ID');
    expect(refused.received).toHaveLength(1);
    const stopped = new Harness();
    stopped.onReceive = () => {
      stopped.link.stop();
      return undefined;
    };
    expect(stopped.deliver({ seq: 1 }, [result(0), result(2)])).toBeUndefined();
    expect(stopped.received).toHaveLength(1);
  });
});

describe('Link, liveness', () => {
  it('cuts 8 s after a message that nobody acknowledges, with a ping after 4', async () => {
    const { link, transport, runtime, failures } = new Harness();
    await runtime.advance(20_000);
    link.send(result(0));
    await runtime.advance(4_000);
    expect(transport.messages.map(({ kind }) => kind)).toEqual(['RESULT', 'PING']);
    await runtime.advance(3_999);
    expect(failures).toEqual([]);
    await runtime.advance(1);
    expect(failures).toEqual(['cut']);
    expect(runtime.timers).toBe(0);
  });

  it('counts a call from its writing, though its owner noted it before', async () => {
    const harness = new Harness();
    await harness.runtime.advance(30_000);
    harness.isOutstanding = true;
    harness.link.send(result(0));
    await harness.runtime.advance(7_999);
    expect(harness.failures).toEqual([]);
    await harness.runtime.advance(1);
    expect(harness.failures).toEqual(['cut']);
  });

  it('closes with SLOW when the socket takes nothing for 10 s', async () => {
    const { link, transport, runtime, failures } = new Harness('server');
    transport.bufferedBytes = 262_144;
    link.sendShared(shared(NEWS));
    await runtime.advance(9_999);
    expect(failures).toEqual([]);
    await runtime.advance(1);
    expect(failures).toEqual([{ code: 'SLOW', reason: 'the reader is too slow' }]);
  });

  it('forgives a socket that takes something in time', async () => {
    const { link, transport, runtime, failures } = new Harness('server');
    transport.bufferedBytes = 262_144;
    link.sendShared(shared(NEWS));
    await runtime.advance(9_000);
    transport.bufferedBytes = 0;
    link.writable();
    await runtime.advance(9_000);
    expect(transport.messages[0]).toEqual(NEWS);
    expect(failures).toEqual([]);
  });

  it('holds no timer and writes nothing after it was stopped', async () => {
    const { link, transport, runtime, deliver } = new Harness('server');
    deliver({ seq: 1 }, [VOID]);
    link.send(result(0));
    link.stop();
    link.flush();
    link.writable();
    await runtime.advance(60_000);
    expect(transport.writes).toEqual([]);
    expect(runtime.timers).toBe(0);
  });
});
