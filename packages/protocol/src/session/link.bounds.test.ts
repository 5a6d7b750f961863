import { describe, expect, it } from 'vitest';
import { encodeBatch, FULL_CODEC } from '../full-codec.js';
import { Writer } from '../bytes/writer.js';
import type { Close } from '../close-code.js';
import { resolveLimits, WIRE_LIMITS, type WireLimits } from '../limits.js';
import type { Message } from '../message.js';
import { VirtualRuntime } from '../testing/virtual-runtime.js';
import type { Transport } from '../transport.js';
import { Link } from './link.js';

/** A link whose socket takes what it is given and lets nothing out while it is stuck. */
function openLink(overrides: Partial<WireLimits> = {}) {
  const runtime = new VirtualRuntime();
  const written: Uint8Array[] = [];
  const failures: [Close | 'cut', unknown][] = [];
  let isStuck = false;
  let buffered = 0;
  const transport: Transport = {
    write: (batches) => {
      written.push(...batches);
      if (isStuck) for (const batch of batches) buffered += batch.length;
    },
    get bufferedBytes() {
      return buffered;
    },
    close: () => undefined,
    abort: () => undefined,
  };
  const limits = resolveLimits(WIRE_LIMITS, overrides);
  const link: Link = new Link(
    {
      receive: () => undefined,
      isBusy: () => false,
      flushed: () => undefined,
      failed: (close, error) => {
        failures.push([close, error]);
        link.stop();
      },
    },
    { transport, runtime, limits, side: 'server', codec: FULL_CODEC, valueBytes: 1_048_576 },
  );
  return {
    link,
    runtime,
    written,
    failures,
    stick: () => void (isStuck = true),
    fill: () => void (buffered = limits.writeAheadBytes),
  };
}

const ASKS_FOR_ACK = Uint8Array.of(0x06, 0, 0);

function pings(count: number): Uint8Array {
  const messages: Message[] = Array.from({ length: count }, (_, value) => ({
    kind: 'PING',
    value,
  }));
  return encodeBatch(new Writer(), {}, messages).slice();
}

describe('Link, facing a peer that does not read', () => {
  it('writes no acknowledgement into a socket that is full, and ends the connection', async () => {
    const { link, runtime, written, failures, fill } = openLink();
    fill();
    for (let n = 0; n < 1_000; n++) link.receive(ASKS_FOR_ACK);
    await runtime.settle();
    expect(written).toEqual([]);
    await runtime.advance(WIRE_LIMITS.stalledMs.value);
    expect(failures).toMatchObject([[{ code: 'SLOW' }, undefined]]);
  });

  it('acknowledges once in a turn, however often it is asked', async () => {
    const { link, runtime, written } = openLink();
    for (let n = 0; n < 1_000; n++) {
      link.receive(ASKS_FOR_ACK);
      link.flush();
    }
    await runtime.settle();
    expect(written).toHaveLength(1);
    link.stop();
  });

  it('holds one PONG for all the PINGs that came meanwhile', () => {
    const { link, fill } = openLink();
    fill();
    link.receive(pings(10_000));
    link.receive(pings(5));
    expect(link.queuedMessages).toBe(1);
    link.stop();
  });

  it('ends the connection when more waits than anything may hold', () => {
    const { link, fill, failures } = openLink({ outboxMaxMessages: 10 });
    fill();
    for (let n = 0; n < 12; n++) link.send({ kind: 'CANCEL', id: n, reason: 'withdrawn' });
    expect(failures).toMatchObject([[{ code: 'SLOW' }, undefined]]);
    expect(link.queuedMessages).toBe(10);
  });

  it('ends the connection when a peer that reads never acknowledges', async () => {
    const { link, runtime, failures } = openLink({ unackedMessages: 4, busyDeadMs: 60_000 });
    for (let n = 0; n < 6; n++) link.send({ kind: 'CANCEL', id: n, reason: 'withdrawn' });
    await runtime.advance(WIRE_LIMITS.stalledMs.value);
    expect(failures).toMatchObject([[{ code: 'SLOW' }, undefined]]);
  });

  it('cuts the connection when something cannot be written, and says what', async () => {
    const { link, runtime, failures } = openLink();
    link.send({ kind: 'CREDIT', id: 0, items: Number.POSITIVE_INFINITY, bytes: 0 });
    await runtime.settle();
    expect(failures).toMatchObject([['cut', new RangeError('no varint: Infinity')]]);
  });
});
