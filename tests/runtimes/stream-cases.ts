import { check, equal, fails } from './assertion.js';
import type { Case } from './case.js';

const MANY = 1_000;

function* numbers(to: number): Generator<number> {
  for (let n = 0; n < to; n++) yield n;
}

async function* numbersLater(to: number): AsyncGenerator<number> {
  for (const n of numbers(to)) yield await Promise.resolve(n);
}

/** Reads a stream to its end. */
async function read<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const seen: Item[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

const down: readonly Case[] = [
  {
    name: 'reads 1,000 items in their order',
    run: async ({ connect }) => {
      equal(await read(connect().probe.count({ to: MANY })), [...numbers(MANY)]);
    },
  },
  {
    name: 'reads items by listeners, and is told of the end',
    run: async ({ connect }) => {
      const { probe } = connect();
      const seen: number[] = [];
      await new Promise<void>((resolve, reject) => {
        const item = (n: number) => seen.push(n);
        probe.count({ to: MANY }).subscribe({ item, end: () => resolve(), error: reject });
      });
      equal(seen, [...numbers(MANY)]);
    },
  },
  {
    name: 'stops the handler when a loop is left',
    run: async ({ connect }) => {
      const { probe } = connect();
      // More than may run at once, so that one that is not stopped is missed by the last ones.
      for (let times = 0; times < 40; times++) {
        const seen: number[] = [];
        for await (const n of probe.count({ to: 1_000_000_000 })) {
          if (seen.push(n) === 3) break;
        }
        equal(seen, [0, 1, 2]);
      }
      equal(await probe.echo({ text: 'after' }), { text: 'after' });
    },
  },
  {
    name: 'stops a stream by its signal',
    run: async ({ connect }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const loop = async () => {
        for await (const n of connect().probe.count({ to: 1_000_000_000 }, { signal })) {
          if (n === 100) controller.abort();
        }
      };
      await fails(loop(), { code: 'CANCELLED' });
    },
  },
];

const up: readonly Case[] = [
  {
    name: 'sends 1,000 items',
    run: async ({ connect }) => {
      const { probe } = connect();
      const expected = { items: MANY, sum: 499_500 };
      equal(await probe.sum(undefined, numbers(MANY)), expected);
      equal(await probe.sum(undefined, numbersLater(MANY)), expected);
      equal(await probe.sum(undefined, []), { items: 0, sum: 0 });
    },
  },
  {
    name: 'withdraws an upload whose source fails, and goes on',
    run: async ({ connect }) => {
      const { probe } = connect();
      function* broken(): Generator<number> {
        yield 1;
        throw new Error('no more of these');
      }
      const { cause } = await fails(probe.sum(undefined, broken()), { code: 'CANCELLED' });
      check(cause instanceof Error && cause.message === 'no more of these', 'expected the cause');
      equal(await probe.sum(undefined, [1]), { items: 1, sum: 1 });
    },
  },
  {
    name: 'sends and reads items at the same time',
    run: async ({ connect }) => {
      const doubled = connect().probe.double(undefined, numbersLater(300));
      equal(
        await read(doubled),
        [...numbers(300)].map((n) => n * 2),
      );
    },
  },
  {
    name: 'returns the source of its items when a loop is left',
    run: async ({ connect }) => {
      let returned = false;
      function* endless(): Generator<number> {
        try {
          for (let n = 0; ; n++) yield n;
        } finally {
          returned = true;
        }
      }
      for await (const n of connect().probe.double(undefined, endless())) {
        if (n === 20) break;
      }
      check(returned, 'expected the source to be returned');
    },
  },
];

/** Streams: down, up and both ways, and what stops them. */
export const streamCases: readonly Case[] = [...down, ...up];
