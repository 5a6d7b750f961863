import { TrunklineError } from '@trunkline/server';
import { ACTS } from './contracts.js';
import type { World } from './world.js';

/** What a handler is given, at a server or at a client. */
export interface HandlerContext {
  /** At a server alone. */
  readonly session?: { readonly id: string };
  readonly signal: AbortSignal;
  readonly remainingMs: number | undefined;
}

/** What the handler of a call is to do. */
export interface Work {
  readonly id: string;
  readonly act: (typeof ACTS)[number];
  readonly ms: number;
  readonly listens: boolean;
  readonly padding: string;
  readonly answer: number;
}

/** What it gives. */
export interface Worked {
  readonly id: string;
  readonly padding: number;
  readonly filler: string;
}

/** Later than this a signal is late, beside what the network takes. */
const SIGNAL_MS = 50;
const NEVER = Number.POSITIVE_INFINITY;

/** Notes that a handler starts; gives what it calls at its end. */
export function beginHandler(world: World, id: string, context: HandlerContext): () => void {
  const { trace } = world;
  const record = world.record(id);
  trace.note(`start ${id}`);
  record.starts++;
  record.startedAt = world.now();
  record.running++;
  world.running++;
  const now = world.now();
  record.dueAt = now + (context.remainingMs ?? NEVER);
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
    const { signalledAt = NEVER, dueAt, cancelledAt } = record;
    const isLate = Math.min(signalledAt, world.now()) > dueAt + SIGNAL_MS;
    trace.check(!isLate, () => `the signal of ${id} came after its deadline`);
    const { session } = context;
    const lostAt = session ? world.server.endedAt(session.id) + SIGNAL_MS : NEVER;
    const outlives = Math.min(signalledAt, world.now()) > lostAt;
    trace.check(!outlives, () => `the signal of ${id} came after the end of its session`);
    // What is told in time ends it in time, if nothing stood in the way since then.
    const ends = [
      { over: record.madeAt + (record.deadlineMs ?? NEVER), toldAt: record.madeAt },
      { over: cancelledAt ?? NEVER, toldAt: cancelledAt ?? NEVER },
    ];
    for (const { over, toldAt } of ends) {
      if (!record.isLiveSince(toldAt) || !world.isCalmSince(toldAt)) continue;
      const most = Math.max(over, record.startedAt) + world.mostDelayMs + SIGNAL_MS;
      const ended = Math.min(signalledAt, world.now());
      trace.check(ended <= most, () => `the signal of ${id} came late after its end`);
    }
  };
}

/** The context of a handler that does work. */
export interface WorkContext extends HandlerContext {
  error(code: 'REFUSED', data: { id: string }): Error;
}

/** Does what a call asks for, at once or later. */
export function runWork(world: World, input: Work, context: WorkContext): Worked | Promise<Worked> {
  return work(world, input, { context, end: beginHandler(world, input.id, context) });
}

/** Does work whose start was noted; `end` is called when it is over. */
export function work(
  world: World,
  { id, ms, act, answer, padding, listens }: Work,
  { context, end }: { readonly context: WorkContext; readonly end: () => void },
): Worked | Promise<Worked> {
  const finish = (): Worked => {
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
  if (ms === 0 && act !== 'waits') {
    try {
      return finish();
    } finally {
      end();
    }
  }
  // Who listens may wait for ever: its signal ends it.
  const waitMs = act === 'waits' ? 10_000_000 : ms;
  const signal = listens || act === 'waits' ? context.signal : undefined;
  return world.sleep(waitMs, signal).then(finish).finally(end);
}
