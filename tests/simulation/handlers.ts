import { implement } from '@trunkline/server';
import type { FIRST } from './contracts.js';
import { windowOf } from './call-record.js';
import { beginHandler, runWork, type HandlerContext } from './run-work.js';
import { runOnce } from './once-work.js';
import type { World } from './world.js';

const DOWN_WINDOW = 64;

/** Implements the contract so that the ledger sees each start, item and end. */
export function serviceOf(world: World, contract: typeof FIRST, server: number) {
  const { trace } = world;

  const begin = (id: string, context: HandlerContext): (() => void) =>
    beginHandler(world, id, context);

  async function* take(
    id: string,
    items: AsyncIterable<{ id: string; n: number; filler: string }>,
    most: number,
    pauseMs: number,
  ) {
    let next = 0;
    for await (const item of items) {
      world.record(id).taken++;
      trace.check(item.id === id && item.n === next, () => {
        return `the handler of ${id} got item ${item.n} of ${item.id} instead of ${next}`;
      });
      next++;
      yield item;
      if (next >= most) return;
      if (pauseMs > 0) await world.sleep(pauseMs);
    }
  }

  return implement(contract, {
    work: (input, context) => runWork(world, input, context),
    once: (input, context) => runOnce(world, input, { context, server }),
    async *down(input, context) {
      const { id, count, bytes, pauseMs, fails } = input;
      const end = begin(id, context);
      const record = world.record(id);
      try {
        for (let n = 0; n < count; n++) {
          const window = windowOf(record, DOWN_WINDOW);
          const ahead = record.produced++ - record.taken;
          trace.check(ahead <= window, () => `${id} produces ${ahead} items ahead of its consumer`);
          yield { id, n, filler: 'f'.repeat(bytes) };
          if (pauseMs > 0) await world.sleep(pauseMs, context.signal);
        }
        if (fails) throw new Error(`thrown ${id}`);
      } finally {
        end();
      }
    },
    async up({ id, take: most, pauseMs }, context) {
      const end = begin(id, context);
      try {
        let count = 0;
        for await (const _ of take(id, context.items, most, pauseMs)) count++;
        return { id, count };
      } finally {
        end();
      }
    },
    async *both({ id, take: most, pauseMs }, context) {
      const end = begin(id, context);
      try {
        let count = 0;
        for await (const { n, filler } of take(id, context.items, most, pauseMs)) {
          count++;
          yield { id, n, filler };
        }
        return { id, count };
      } finally {
        end();
      }
    },
    kept: { authorizePublish: () => true },
    brief: { authorizePublish: () => world.sleep(1).then(() => true) },
    loose: { authorizePublish: () => true },
    newest: { authorizePublish: () => true },
  });
}
