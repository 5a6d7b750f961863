import { check, equal, fails } from './assertion.js';
import type { Case } from './case.js';
import { stateOf } from './watch.js';

/** What a value may have; docs/limits.md has the limit, and 4 KiB are left for the rest of it. */
const NEARLY_ALL_BYTES = 1_048_576 - 4096;

/** One of each kind of value. */
export const KINDS = {
  at: new Date(1_767_225_600_123),
  big: 2n ** 80n,
  bytes: Uint8Array.from({ length: 256 }, (_, n) => n),
  tags: new Set(['a', 'ä', '\u{1f600}']),
  counts: new Map([
    ['zero', 0],
    ['many', 9_007_199_254_740_991],
  ]),
  nothing: undefined,
};

const values: readonly Case[] = [
  {
    name: 'calls and gets the answer',
    run: async ({ connect }) => {
      const { probe } = connect();
      equal(await probe.echo({ text: 'hello' }), { text: 'hello' });
      equal(await probe.echo({ text: '' }), { text: '' });
    },
  },
  {
    name: 'carries a date, a bigint, bytes, a set, a map and undefined as what they are',
    run: async ({ connect }) => equal(await connect().probe.kinds(KINDS), KINDS),
  },
  {
    name: 'sends the part of a buffer that it was given',
    run: async ({ connect }) => {
      const whole = Uint8Array.from({ length: 1_000 }, (_, n) => n % 251);
      const { probe } = connect();
      for (const bytes of [whole.subarray(100, 900), new Uint8Array(0)]) {
        equal((await probe.kinds({ ...KINDS, bytes })).bytes, bytes);
      }
    },
  },
  {
    name: 'carries a value that is nearly as large as the limit',
    run: async ({ connect }) => {
      const bytes = Uint8Array.from({ length: NEARLY_ALL_BYTES }, (_, n) => (n * n) % 253);
      equal((await connect().probe.kinds({ ...KINDS, bytes })).bytes, bytes);
    },
  },
  {
    name: 'refuses a value over the limit, and goes on',
    run: async ({ connect }) => {
      const { probe } = connect();
      const bytes = new Uint8Array(NEARLY_ALL_BYTES + 8192);
      await fails(probe.kinds({ ...KINDS, bytes }), { code: 'TOO_LARGE', executed: 'no' });
      equal(await probe.echo({ text: 'after' }), { text: 'after' });
    },
  },
  {
    name: 'sends more at once than a socket takes',
    run: async ({ connect }) => {
      const { probe } = connect();
      await probe.echo({ text: 'the connection is there' });
      const sent = Array.from({ length: 5 }, (_, n) => new Uint8Array(190_000).fill(n));
      const answers = await Promise.all(sent.map((bytes) => probe.kinds({ ...KINDS, bytes })));
      equal(
        answers.map(({ bytes }) => bytes),
        sent,
      );
    },
  },
  {
    name: 'makes 100 calls at once, each with its own answer',
    run: async ({ connect }) => {
      const { probe } = connect();
      const texts = Array.from({ length: 100 }, (_, n) => `${n}: ${'x'.repeat(n * 100)}`);
      const answers = await Promise.all(texts.map((text) => probe.echo({ text })));
      equal(
        answers.map(({ text }) => text),
        texts,
      );
    },
  },
];

const failures: readonly Case[] = [
  {
    name: 'gives a declared error with its data',
    run: async ({ connect }) => {
      const expected = { code: 'REFUSED', executed: 'yes', data: { why: 'no' } };
      await fails(connect().probe.fail({ why: 'no' }), expected);
    },
  },
  {
    name: 'is told nothing of what went wrong inside the server',
    run: async ({ connect }) => {
      const expected = { code: 'INTERNAL', executed: 'yes', data: undefined };
      const { message } = await fails(connect().probe.crash(), expected);
      check(!message.includes('must not be told'), `"${message}" tells too much`);
    },
  },
  {
    name: 'is denied, and the handler did not run',
    run: async ({ connect }) => {
      await fails(connect().probe.denied(), { code: 'DENIED', executed: 'no' });
    },
  },
  {
    name: 'is told which field of an input does not fit',
    run: async ({ connect }) => {
      const call = connect().probe.echo({ text: 'x'.repeat(100_001) });
      const { data } = await fails(call, { code: 'INVALID_INPUT', executed: 'no' });
      const { issues } = data as { issues: { path: unknown }[] };
      equal(
        issues.map(({ path }) => path),
        [['text']],
      );
    },
  },
  {
    name: 'gives outcomes as values with safe()',
    run: async ({ connect }) => {
      const { probe } = connect();
      equal(await probe.echo.safe({ text: 'a' }), { ok: true, value: { text: 'a' } });
      const result = await probe.fail.safe({ why: 'b' });
      check(!result.ok && result.error.code === 'REFUSED', 'expected the declared error');
      equal(result.error.data.why, 'b');
    },
  },
];

const ends: readonly Case[] = [
  {
    name: 'fails at its deadline, and goes on',
    run: async ({ connect }) => {
      const client = connect();
      await client.connection.live();
      const call = client.probe.wait(undefined, { deadlineMs: 200 });
      await fails(call, { code: 'DEADLINE', executed: 'unknown' });
      equal(await client.probe.echo({ text: 'after' }), { text: 'after' });
    },
  },
  {
    name: 'is withdrawn by a signal, and goes on',
    run: async ({ connect }) => {
      const { probe } = connect();
      const controller = new AbortController();
      const call = probe.wait(undefined, { signal: controller.signal });
      // Answers come as they are ready, but calls start in their order.
      await probe.echo({ text: 'the call before has started' });
      controller.abort('enough');
      const { cause } = await fails(call, { code: 'CANCELLED', executed: 'unknown' });
      equal(cause, 'enough');
      equal(await probe.echo({ text: 'after' }), { text: 'after' });
    },
  },
  {
    name: 'does not send a call whose signal fired before',
    run: async ({ connect }) => {
      const call = connect().probe.wait(undefined, { signal: AbortSignal.abort() });
      await fails(call, { code: 'CANCELLED', executed: 'no' });
    },
  },
  {
    name: 'says that a handler did not run when there was no connection',
    run: async ({ connect, goneUrl }) => {
      const client = connect({ url: goneUrl });
      await stateOf(client.connection, ({ status }) => status === 'waiting');
      const call = client.probe.wait(undefined, { deadlineMs: 20 });
      await fails(call, { code: 'DEADLINE', executed: 'no' });
    },
  },
];

/** Calls: what goes there and comes back, how they fail, and what ends them early. */
export const callCases: readonly Case[] = [...values, ...failures, ...ends];
