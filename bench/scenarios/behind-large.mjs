import { setTimeout as pause } from 'node:timers/promises';
import { TEXT_OUTPUT_BYTES } from '../contracts/text-output-bytes.mjs';
import { startRelay } from '../harness/relay.mjs';
import { MAX_TEXT, Text, TextInput } from '../schemas/bulk.mjs';

const BYTES_PER_SECOND = 10_000_000 / 8;
const HEAD_START_MS = 100;
const MOST_CALLS = 20;

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'a small call behind a reply of 8 MiB, through a relay that reads 10 Mbit/s',
  row: 'small call behind 8 MiB at 10 Mbit/s',
  rounds: 1,
  unit: 'call',
  connections: 0,
  member: {
    kind: 'call',
    name: 'text',
    input: TextInput,
    output: Text,
    handle: ({ size }) => ({ text: 'x'.repeat(size) }),
  },
  memberLimits: { trunkline: { 'maxOutputBytes of the call': TEXT_OUTPUT_BYTES } },
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
      const large = callFor(MAX_TEXT).then(() => (isThere = true));
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
