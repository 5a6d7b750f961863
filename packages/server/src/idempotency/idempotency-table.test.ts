import { ENCODING, TrunklineError, type ResultMessage } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionInfo } from '../routes/context.js';
import { ownError } from '../failure.js';
import type { FinalMessage } from '../final-message.js';
import { resolveServerLimits, type ServerLimits } from '../limits/limits.js';
import { RequestContext } from '../request-context.js';
import { IdempotencyTable, type Attempt } from './idempotency-table.js';

let runtime: VirtualRuntime;
let tables: IdempotencyTable[];

beforeEach(() => {
  runtime = new VirtualRuntime();
  tables = [];
});

afterEach(() => {
  for (const table of tables) table.close();
  if (runtime.timers > 0) throw new Error(`${runtime.timers} timers are left`);
});

function createTable(limits: Partial<ServerLimits> = {}): IdempotencyTable {
  const table = new IdempotencyTable(runtime, resolveServerLimits(limits));
  tables.push(table);
  return table;
}

function session(): SessionInfo {
  return { id: 's', connection: { remoteAddress: '', origin: undefined, headers: {}, url: '/' } };
}

function attempt(name: string, about: Partial<Attempt> & { of?: SessionInfo } = {}): Attempt {
  const source = { session: about.of ?? session(), identity: undefined, makeScope: undefined };
  const context = new RequestContext({ ...source, runtime }, 'call', 'shop.order');
  const key = Buffer.from(name);
  return { procedure: 'shop.order', key, digest: 'one input', context, ...about };
}

function result(bytes = 1): ResultMessage {
  return { kind: 'RESULT', id: 0, encoding: ENCODING.BYTES, bytes: new Uint8Array(bytes) };
}

/** A run whose handler starts at once. */
function ran(one: Attempt, final: FinalMessage | Promise<FinalMessage> = result()) {
  return () => {
    one.context.isStarted = true;
    one.context.isDetached = true;
    return final;
  };
}

function deferred(): { promise: Promise<FinalMessage>; resolve: (final: FinalMessage) => void } {
  let resolve!: (final: FinalMessage) => void;
  const promise = new Promise<FinalMessage>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Runs a handler that gives its outcome at once. */
function complete(table: IdempotencyTable, one: Attempt, final: FinalMessage = result()) {
  return table.outcome(one, ran(one, final)) as FinalMessage;
}

function notAgain(): never {
  throw new Error('it ran again');
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    const { code, executed } = error as TrunklineError;
    return `${code} ${executed}`;
  }
  return 'none';
}

describe('IdempotencyTable', () => {
  it('remembers a key for five minutes after its last use', async () => {
    const table = createTable();
    const first = attempt('a');
    complete(table, first);
    await runtime.advance(299_999);
    expect(table.outcome(attempt('a'), notAgain)).toEqual(result());
    await runtime.advance(299_999);
    expect(table.outcome(attempt('a'), notAgain)).toEqual(result());
    await runtime.advance(300_000);
    let runs = 0;
    const other = table.outcome(attempt('a', { digest: 'another input' }), () => {
      runs++;
      return result();
    });
    expect(other).toEqual(result());
    expect(runs).toBe(1);
  });

  it('frees what has expired without being asked, and holds no timer for nothing', async () => {
    const table = createTable();
    const of = session();
    for (const name of ['a', 'b', 'c']) {
      const one = attempt(name, { of });
      complete(table, one, result(10));
    }
    expect(table.counts).toEqual({ keys: 3, bytes: 30 });
    await runtime.advance(400_000);
    expect(table.counts).toEqual({ keys: 0, bytes: 0 });
    expect(runtime.timers).toBe(0);
  });

  it('is BUSY for a new key above its limits, and forgets none early', async () => {
    const table = createTable({ sessionIdempotencyKeys: 2, idempotencyKeys: 3 });
    const of = session();
    for (const name of ['a', 'b']) {
      const one = attempt(name, { of });
      complete(table, one);
    }
    expect(codeOf(() => table.outcome(attempt('c', { of }), notAgain))).toBe('BUSY no');
    const other = attempt('c');
    complete(table, other);
    expect(codeOf(() => table.outcome(attempt('d'), notAgain))).toBe('BUSY no');
    expect(table.outcome(attempt('a'), notAgain)).toEqual(result());
    await runtime.advance(300_000);
    const late = attempt('d', { of });
    expect(complete(table, late)).toEqual(result());
  });

  it('remembers that there was an outcome which is too large to be kept', () => {
    const table = createTable({ outcomeBytes: 10, outcomeNodeBytes: 25 });
    for (const [name, bytes] of [
      ['large', 11],
      ['a', 10],
      ['b', 10],
      ['full', 10],
    ] as const) {
      const one = attempt(name);
      expect(complete(table, one, result(bytes))).toEqual(result(bytes));
    }
    expect(table.counts).toEqual({ keys: 4, bytes: 20 });
    for (const name of ['large', 'full']) {
      expect(codeOf(() => table.outcome(attempt(name), notAgain))).toBe('RESULT_GONE yes');
    }
    expect(table.outcome(attempt('b'), notAgain)).toEqual(result(10));
  });

  it('keeps a copy of bytes that are a part of more', () => {
    const table = createTable();
    const one = attempt('a');
    const bytes = new Uint8Array(1_000).subarray(10, 20);
    complete(table, one, { ...result(), bytes });
    const again = table.outcome(attempt('a'), notAgain) as FinalMessage;
    expect(again.bytes.buffer.byteLength).toBe(10);
  });

  it('tells principals, procedures and keys apart', () => {
    const table = createTable();
    const identity = (principal: string) => ({ principal, user: undefined });
    const source = { session: session(), makeScope: undefined, runtime };
    const attempts = [
      attempt('a'),
      attempt('b'),
      attempt('a', { procedure: 'shop.pay' }),
      ...['', 'anonymous', 'ada'].map((principal) => ({
        ...attempt('a'),
        context: new RequestContext(
          { ...source, identity: identity(principal) },
          'call',
          'shop.order',
        ),
      })),
    ];
    for (const one of attempts) complete(table, one);
    expect(table.counts.keys).toBe(6);
  });

  it('lets the next one run when the first was refused before its handler started', async () => {
    const table = createTable();
    const [first, second, third] = [attempt('a'), attempt('a'), attempt('a')];
    const refusal: FinalMessage = {
      kind: 'ERROR',
      id: 0,
      executed: 'no',
      code: 'DENIED',
      message: '',
      encoding: ENCODING.NONE,
      bytes: new Uint8Array(0),
    };
    const { promise, resolve } = deferred();
    const runs: number[] = [];
    const outcomes = [
      table.outcome(first, () => promise),
      table.outcome(second, () => {
        runs.push(2);
        return ran(second, Promise.resolve(result(2)))();
      }),
      table.outcome(third, () => {
        runs.push(3);
        return ran(third)();
      }),
    ];
    resolve(refusal);
    expect(await Promise.all(outcomes.map(async (outcome) => outcome))).toEqual([
      refusal,
      result(2),
      result(2),
    ]);
    expect(runs).toEqual([2]);
  });

  it('fires the signal of a run at its deadline, whoever waits', async () => {
    const table = createTable();
    const first = attempt('a');
    first.context.deadlineAt = runtime.now() + 1_000;
    const { promise, resolve } = deferred();
    const outcome = table.outcome(first, ran(first, promise));
    first.context.abort(ownError('CANCELLED', 'withdrawn', { executed: 'unknown' }));
    await runtime.advance(999);
    expect(first.context.signal.aborted).toBe(false);
    await runtime.advance(1);
    expect(first.context.signal.reason).toMatchObject({ code: 'DEADLINE' });
    // A handler that does not look at its signal may still give an outcome.
    resolve(result());
    expect(await outcome).toEqual(result());
    expect(table.outcome(attempt('a'), notAgain)).toEqual(result());
  });

  it('goes by the latest deadline of those who wait for a run', async () => {
    const table = createTable();
    const [first, second, third] = [attempt('k'), attempt('k'), attempt('k')];
    for (const [one, deadlineAt] of [
      [first, 1_000],
      [second, 5_000],
      [third, 3_000],
    ] as const) {
      one.context.deadlineAt = deadlineAt;
    }
    const { promise, resolve } = deferred();
    const outcomes = [
      table.outcome(first, ran(first, promise)),
      table.outcome(second, notAgain),
      table.outcome(third, notAgain),
    ];
    await runtime.advance(4_999);
    expect(first.context.isAborted).toBe(false);
    expect(first.context.remainingMs).toBe(1);
    await runtime.advance(1);
    expect(first.context.signal.reason).toMatchObject({ code: 'DEADLINE' });
    const final = result();
    resolve(final);
    for (const outcome of outcomes) expect(await outcome).toEqual(final);
  });

  it('fires the signals of what runs when the server stops', async () => {
    const table = createTable();
    const first = attempt('a');
    first.context.deadlineAt = runtime.now() + 1_000;
    const { promise, resolve } = deferred();
    const outcome = table.outcome(first, ran(first, promise));
    table.close();
    expect(first.context.signal.reason).toMatchObject({ code: 'SESSION_LOST' });
    resolve(result());
    expect(await outcome).toEqual(result());
    expect(table.counts).toEqual({ keys: 0, bytes: 0 });
  });
});
