import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { startRelay } from '../harness/relay.mjs';

const LARGE = 8 * 1024 * 1024;
const BYTES_PER_SECOND = 10_000_000 / 8;
const HEAD_START_MS = 100;
const MOST_CALLS = 20;

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'a small call behind a reply of 8 MiB, through a relay that reads 10 Mbit/s',
  unit: 'call',
  connections: 0,
  member: {
    kind: 'call',
    name: 'text',
    input: z.object({ size: z.int().min(1).max(LARGE) }),
    output: z.object({ text: z.string() }),
    handle: ({ size }) => ({ text: 'x'.repeat(size) }),
    maxOutputBytes: 2 * LARGE,
  },
  check: ({ text }, size) => text.length === size,
  columns: [['waitMs', 'ms, median of up to 20']],
  marks: [{ of: 'waitMs', atMost: 50 }],
  limitMs: 60_000,
  async drive(_, { isWarmup, port, connect, check }) {
    const relay = await startRelay(port, { bytesPerSecond: BYTES_PER_SECOND });
    const client = await connect(relay.port);
    const callFor = async (size) => {
      if (!check(await client.call({ size }), size)) throw new Error(`not a text of ${size}`);
    };
    await callFor(10);
    const times = [];
    if (!isWarmup) {
      let isThere = false;
      const large = callFor(LARGE).then(() => (isThere = true));
      await pause(HEAD_START_MS);
      while (!isThere && times.length < MOST_CALLS) {
        const begin = performance.now();
        await callFor(10);
        times.push(performance.now() - begin);
      }
      await large;
    }
    relay.close();
    await client.close();
    times.sort((a, b) => a - b);
    const waitMs = times[Math.floor(times.length / 2)] ?? 0;
    return { count: Math.max(1, times.length), figures: { waitMs } };
  },
};
