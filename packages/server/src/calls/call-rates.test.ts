import { call, contract, type CallOptions } from '@trunkline/contract';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { CallRates } from './call-rates.js';
import { implement } from '../routes/implement.js';
import { resolveServerLimits, type ServerLimits } from '../limits/limits.js';
import type { Route, Service } from '../routes/route.js';
import { Session } from '../session.js';

function openRates(
  members: Record<string, Pick<CallOptions<undefined, undefined, {}>, 'rate' | 'cost'>>,
  overrides: Partial<ServerLimits> = {},
) {
  const runtime = new VirtualRuntime();
  const limits = resolveServerLimits(overrides);
  const shop = contract(
    'shop',
    Object.fromEntries(Object.entries(members).map(([name, price]) => [name, call(price)])),
  );
  const handlers = Object.fromEntries(Object.keys(members).map((name) => [name, () => undefined]));
  const service = implement(shop, handlers as never) as unknown as Service;
  const rates = CallRates.of({ runtime, limits, services: [service] });
  const route = (name: string) =>
    service.routes.find((one) => one.name === `shop.${name}`) as Route;
  const session = (principal?: string) => {
    const identity = principal === undefined ? undefined : { principal, user: undefined };
    return new Session({ runtime, limits, identity, connection: {} as never, id: undefined });
  };
  return { runtime, rates: rates as CallRates, route, session };
}

/** Takes what a call takes; gives how long it has to wait instead. */
function take(rates: CallRates, session: Session, route: Route): number {
  const charges = rates.chargesOf(session, route);
  const waitMs = Math.max(0, ...charges.map(({ bucket, tokens }) => bucket.waitFor(tokens)));
  if (waitMs === 0) for (const { bucket, tokens } of charges) bucket.take(tokens);
  return waitMs;
}

describe('CallRates', () => {
  it('is not there where nothing has a rate, whatever it costs', () => {
    expect(openRates({ look: {}, order: { cost: 5 } }).rates).toBeUndefined();
    expect(openRates({ look: {} }, { callRate: 1 }).rates).toBeDefined();
  });

  it('counts all sessions of a principal together, and each of nobody alone', () => {
    const { rates, route, session } = openRates({ order: { rate: '2/s' } });
    const [one, other] = [session('ann'), session('ann')];
    expect([one, other, one].map((each) => take(rates, each, route('order')))).toEqual([0, 0, 500]);
    expect(take(rates, session('bob'), route('order'))).toBe(0);
    const [nobody, nobodyElse] = [session(), session()];
    const each = [nobody, nobody, nobody, nobodyElse];
    expect(each.map((someone) => take(rates, someone, route('order')))).toEqual([0, 0, 500, 0]);
    expect(rates.size).toBe(2);
    rates.close();
  });

  it('counts each procedure by itself, and all by their cost', () => {
    const members = { order: { rate: '1/s', cost: 4 }, look: {}, ping: { cost: 0 } } as const;
    const { rates, route, session } = openRates(members, { callRate: 10, callBurst: 6 });
    const ann = session('ann');
    const told = ['order', 'order', 'look', 'look', 'look', 'ping'];
    expect(told.map((name) => take(rates, ann, route(name)))).toEqual([0, 1_000, 0, 0, 100, 0]);
    rates.close();
  });

  it('says the time after which all of it is there', async () => {
    const members = { order: { cost: 5 } };
    const { runtime, rates, route, session } = openRates(members, { callRate: 3, callBurst: 5 });
    const ann = session('ann');
    expect(take(rates, ann, route('order'))).toBe(0);
    const waitMs = take(rates, ann, route('order'));
    expect(waitMs).toBe(1_667);
    await runtime.advance(waitMs - 1);
    expect(take(rates, ann, route('order'))).toBe(1);
    await runtime.advance(1);
    expect(take(rates, ann, route('order'))).toBe(0);
    rates.close();
  });

  it('forgets who has all tokens again, and has no timer then', async () => {
    const { runtime, rates, route, session } = openRates({ order: { rate: '6/min' } });
    take(rates, session('ann'), route('order'));
    await runtime.advance(5_000);
    take(rates, session('bob'), route('order'));
    expect(rates.size).toBe(2);
    await runtime.advance(5_000);
    expect(rates.size).toBe(1);
    expect(runtime.timers).toBe(1);
    await runtime.advance(5_000);
    expect(rates.size).toBe(0);
    expect(runtime.timers).toBe(0);
  });

  it('forgets the principal counted longest when there are too many', () => {
    const { rates, route, session } = openRates({ order: { rate: '1/h' } }, { rateCallers: 2 });
    const names = ['ann', 'bob', 'ann', 'eve', 'ann', 'eve'];
    const waits = names.map((name) => take(rates, session(name), route('order')) > 0);
    expect(waits).toEqual([false, false, true, false, false, true]);
    expect(rates.size).toBe(2);
    rates.close();
  });

  it('refuses what costs more than anybody may ever have', () => {
    const limits = { callRate: 10, callBurst: 4 };
    expect(() => openRates({ order: { cost: 5 }, look: { cost: 4 } }, limits)).toThrow(
      '"shop.order" costs 5: expected at most the limit callBurst, which is "4"',
    );
    expect(() => openRates({ look: {} }, { callRate: 1, callBurst: 0 })).toThrow(
      'limit "callBurst" must be a whole number from 1',
    );
  });
});
