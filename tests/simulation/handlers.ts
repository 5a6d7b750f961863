import { implement, TrunklineError } from '@trunkline/server';
import { ACTS, type FIRST } from './contracts.js';
import type { World } from './world.js';

interface HandlerContext {
  readonly session: { readonly id: string };
  readonly signal: AbortSignal;
  readonly remainingMs: number | undefined;
}

/** Later than this a signal is late, beside what the network takes. */
const SIGNAL_MS = 50;
/** The window that a server grants upward; with it goes the item that is being produced. */
const UP_WINDOW = 16;
const DOWN_WINDOW = 64;
const WIDE_DOWN_WINDOW = 1_024;

/** Implements the contract so that the ledger sees each start, item and end. */
export function serviceOf(world: World, contract: typeof FIRST) {
  const { trace } = world;

  const begin = (id: string, context: HandlerContext): (() => void) => {
    const record = world.record(id);
    trace.note(`start ${id}`);
    record.starts++;
    record.startedAt = world.now();
    record.running++;
    world.running++;
    const now = world.now();
    record.dueAt = now + (context.remainingMs ?? Number.POSITIVE_INFINITY);
    if (record.deadlineMs !== undefined && !record.isLarge && world.isCalmSince(record.madeAt)) {
      const late = record.dueAt - (record.madeAt + record.deadlineMs);
      trace.check(
        late <= world.mostDelayMs + SIGNAL_MS,
        () => `${id} was told a deadline ${late} ms late`,
      );
    }
    context.signal.addEventListener('abort', () => (record.signalledAt ??= world.now()), {
      once: true,
    });
    return () => {
      record.running--;
      world.running--;
      const { signalledAt = Number.POSITIVE_INFINITY, dueAt, cancelledAt } = record;
      const isLate = Math.min(signalledAt, world.now()) > dueAt + SIGNAL_MS;
      trace.check(!isLate, () => `the signal of ${id} came after its deadline`);
      const lostAt = world.server.endedAt(context.session.id) + SIGNAL_MS;
      const outlives = Math.min(signalledAt, world.now()) > lostAt;
      trace.check(!outlives, () => `the signal of ${id} came after the end of its session`);
      const { deadlineMs = Number.POSITIVE_INFINITY, madeAt } = record;
      // Whichever comes first ends it, if the way to the server is open.
      const over = Math.min(madeAt + deadlineMs, cancelledAt ?? Number.POSITIVE_INFINITY);
      if (!record.isLiveSince(over) || !world.isCalmSince(over)) return;
      const most = Math.max(over, record.startedAt) + world.mostDelayMs + SIGNAL_MS;
      const ended = Math.min(signalledAt, world.now());
      trace.check(ended <= most, () => `the signal of ${id} came late after its end`);
    };
  };

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
    work: (input, context) => {
      const { id, ms, act, answer, padding } = input;
      const end = begin(id, context);
      const finish = () => {
        switch (act) {
          case 'declared':
            throw context.error('REFUSED', { id });
          case 'passed':
            throw new TrunklineError('DENIED', `denied ${id}`);
          case 'thrown':
            throw new Error(`thrown ${id}`);
          default:
            return { id, padding: padding.length, filler: 'f'.repeat(answer) };
        }
      };
      if (ms === 0 && act !== ACTS[4]) {
        try {
          return finish();
        } finally {
          end();
        }
      }
      // Who listens may wait for ever: its signal ends it.
      const waitMs = act === 'waits' ? 10_000_000 : ms;
      const signal = input.listens || act === 'waits' ? context.signal : undefined;
      return world.sleep(waitMs, signal).then(finish).finally(end);
    },
    async *down(input, context) {
      const { id, count, bytes, pauseMs, fails } = input;
      const end = begin(id, context);
      const record = world.record(id);
      try {
        for (let n = 0; n < count; n++) {
          const window = record.taken >= DOWN_WINDOW * 4 ? WIDE_DOWN_WINDOW : DOWN_WINDOW;
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
  });
}

/** How many items a source may have made that no handler has taken. */
export const MOST_UP_AHEAD = UP_WINDOW;
