import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { encodeRawFrame } from '../../tests/raw-peer.js';
import { MessageWatch } from './message-watch.js';

const MESSAGE = encodeRawFrame({ first: 0x82, payload: new Uint8Array(10), mask: [0, 0, 0, 0] });

function create() {
  const runtime = new VirtualRuntime();
  let lates = 0;
  const watch = new MessageWatch({ runtime, limitMs: 10_000, late: () => lates++ });
  return { runtime, watch, lates: () => lates };
}

describe('MessageWatch', () => {
  it('needs no timer for messages that arrive whole', () => {
    const { runtime, watch } = create();
    watch.read(MESSAGE);
    watch.read(Buffer.concat([MESSAGE, MESSAGE]));
    expect(runtime.timers).toBe(0);
  });

  it('notices a message that trickles in, at its limit and not before', async () => {
    const { runtime, watch, lates } = create();
    for (let at = 0; at < 10; at++) {
      watch.read(MESSAGE.subarray(at, at + 1));
      await runtime.advance(999);
    }
    expect(lates()).toBe(0);
    await runtime.advance(10);
    expect([lates(), runtime.timers]).toEqual([1, 0]);
  });

  it('notices a message that just stops, behind one that was whole', async () => {
    const { runtime, watch, lates } = create();
    watch.read(Buffer.concat([MESSAGE, MESSAGE.subarray(0, 1)]));
    await runtime.advance(9_999);
    expect(lates()).toBe(0);
    await runtime.advance(1);
    expect(lates()).toBe(1);
  });

  it('counts the age of each message for itself', async () => {
    const { runtime, watch, lates } = create();
    const both = Buffer.concat([MESSAGE.subarray(3), MESSAGE.subarray(0, 3)]);
    watch.read(MESSAGE.subarray(0, 3));
    for (let round = 0; round < 5; round++) {
      await runtime.advance(9_000);
      watch.read(both);
    }
    expect(lates()).toBe(0);
    await runtime.advance(10_000);
    expect(lates()).toBe(1);
  });

  it('leaves a message in peace that is finished in time', async () => {
    const { runtime, watch, lates } = create();
    watch.read(MESSAGE.subarray(0, 3));
    await runtime.advance(9_999);
    watch.read(MESSAGE.subarray(3));
    await runtime.advance(60_000);
    expect([lates(), runtime.timers]).toEqual([0, 0]);
  });

  it('does not make a message younger by control frames in between', async () => {
    const { runtime, watch, lates } = create();
    const ping = encodeRawFrame({ first: 0x89, mask: [0, 0, 0, 0] });
    watch.read(encodeRawFrame({ first: 0x02, mask: [0, 0, 0, 0] }));
    for (let round = 0; round < 9; round++) {
      await runtime.advance(1_000);
      watch.read(ping);
    }
    await runtime.advance(1_000);
    expect(lates()).toBe(1);
  });

  it('stops', async () => {
    const { runtime, watch, lates } = create();
    watch.read(MESSAGE.subarray(0, 3));
    watch.stop();
    await runtime.advance(60_000);
    expect([lates(), runtime.timers]).toEqual([0, 0]);
  });
});
