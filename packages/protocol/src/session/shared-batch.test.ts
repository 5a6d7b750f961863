import { describe, expect, it } from 'vitest';
import { decodeBatch, FULL_CODEC } from '../full-codec.js';
import { type Batch } from '../batch.js';
import { resolveLimits, WIRE_LIMITS } from '../limits.js';
import { ENCODING, type TopicMessage } from '../message.js';
import { VirtualRuntime } from '../testing/virtual-runtime.js';
import type { Transport } from '../transport.js';
import { Link } from './link.js';
import { SharedBatch } from './shared-batch.js';

function message(offset: number, bytes = 3): TopicMessage {
  const payload = { encoding: ENCODING.BYTES, bytes: new Uint8Array(bytes) };
  return { kind: 'MESSAGE', topic: 7, offset, skipped: 0, ...payload };
}

function offsetsOf(bytes: Uint8Array): unknown[] {
  const { messages } = decodeBatch(bytes) as Batch;
  return messages.map((read) => (read as TopicMessage).offset);
}

function open() {
  const runtime = new VirtualRuntime();
  const writes: Uint8Array[][] = [];
  const transport: Transport = {
    write: (batches) => void writes.push([...batches]),
    bufferedBytes: 0,
    close: () => undefined,
    abort: () => undefined,
  };
  const owner = {
    receive: () => undefined,
    isBusy: () => false,
    flushed: () => undefined,
    failed: () => undefined,
  };
  const limits = resolveLimits(WIRE_LIMITS);
  const options = {
    transport,
    runtime,
    limits,
    side: 'server',
    codec: FULL_CODEC,
    valueBytes: 1,
  } as const;
  return { runtime, writes, link: new Link(owner, options) };
}

describe('a shared batch', () => {
  it('has head 00 and the messages behind it', () => {
    const batch = new SharedBatch();
    batch.add(message(1));
    batch.add(message(2));
    const bytes = batch.seal();
    expect(bytes[0]).toBe(0);
    expect(offsetsOf(bytes)).toEqual([1, 2]);
    expect(batch.size).toBe(bytes.length);
  });

  it('gives the same bytes to everyone, whatever batches are written meanwhile', () => {
    const [first, second] = [new SharedBatch(), new SharedBatch()];
    first.add(message(1, 2_000));
    second.add(message(5, 2_000));
    first.add(message(2, 50_000));
    const bytes = first.seal();
    second.add(message(6, 50_000));
    new SharedBatch().add(message(9, 50_000));
    expect(first.isOpen).toBe(false);
    expect(first.seal()).toBe(bytes);
    expect(offsetsOf(bytes)).toEqual([1, 2]);
    expect(offsetsOf(second.seal())).toEqual([5, 6]);
  });

  it('grows in the queue of every connection until one of them writes it', async () => {
    const [one, other] = [open(), open()];
    const batch = new SharedBatch();
    batch.add(message(1));
    const entries = [one.link.sendShared(batch), other.link.sendShared(batch)];
    const before = batch.size;
    batch.add(message(2));
    one.link.grew(entries[0] as never, batch.size - before);
    expect(one.link.queuedBytes).toBe(batch.size);
    expect(one.link.queuedMessages).toBe(1);
    await one.runtime.settle();
    expect(batch.isOpen).toBe(false);
    await other.runtime.settle();
    expect(one.writes).toHaveLength(1);
    expect(other.writes[0]?.[0]).toBe(one.writes[0]?.[0]);
    expect(offsetsOf(batch.seal())).toEqual([1, 2]);
    expect(one.link.queuedBytes).toBe(0);
  });

  it('is written in the middle of a turn when 256 KiB wait', () => {
    const { link, writes } = open();
    const batch = new SharedBatch();
    batch.add(message(1));
    const entry = link.sendShared(batch);
    batch.add(message(2, 100_000));
    link.grew(entry, 100_000);
    expect(writes).toHaveLength(0);
    batch.add(message(3, 170_000));
    link.grew(entry, 170_000);
    expect(writes).toHaveLength(1);
    link.grew(entry, 5);
    expect(link.queuedBytes).toBe(0);
  });

  it('is not kept by a place in a queue whose turn has passed', async () => {
    const { link, runtime } = open();
    const batch = new SharedBatch();
    batch.add(message(1, 1_000));
    const entry = link.sendShared(batch);
    await runtime.settle();
    expect(entry.state).toBe('written');
    expect(entry.content).not.toBe(batch);
  });
});
