import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { resolveServerLimits, type ServerLimits } from '../limits/limits.js';
import { Admission, Place } from './admission.js';

function create(overrides: Partial<ServerLimits>) {
  const runtime = new VirtualRuntime();
  return { runtime, admission: new Admission(runtime, resolveServerLimits(overrides)) };
}

/** What comes of each of several sockets: a place, or the status of the refusal. */
function admitAll(admission: Admission, addresses: readonly string[]) {
  return addresses.map((address) => {
    const admitted = admission.admit(address);
    return admitted instanceof Place ? admitted : admitted.status;
  });
}

const PUBLIC = '203.0.113.7';

describe('Admission', () => {
  it('refuses one socket more than the node may have, until one leaves', () => {
    const { admission } = create({ sockets: 2 });
    const [first, second, third] = admitAll(admission, ['127.0.0.1', '10.0.0.1', PUBLIC]);
    expect([first, second, third]).toEqual([expect.any(Place), expect.any(Place), 503]);
    (second as Place).release();
    expect(admission.admit(PUBLIC)).toBeInstanceOf(Place);
    expect(admission.count.sockets).toBe(2);
  });

  it('refuses one pending socket more than the node may have, until one is authenticated', () => {
    const { admission } = create({ socketsPending: 2 });
    const [first, , third] = admitAll(admission, ['::1', '::1', '::1']);
    expect(third).toBe(503);
    (first as Place).authenticated();
    expect(admission.admit('::1')).toBeInstanceOf(Place);
    expect(admission.count).toMatchObject({ sockets: 3, pending: 2 });
  });

  it('refuses sockets over the rate of the node and says how long to wait', async () => {
    const { admission, runtime } = create({ socketRate: 2, socketBurst: 3 });
    const results = admitAll(admission, ['::1', '::1', '::1', '::1']);
    expect(results.map((result) => result === 503)).toEqual([false, false, false, true]);
    expect(admission.admit('::1')).toMatchObject({ headers: { 'retry-after': '1' } });
    await runtime.advance(500);
    expect(admitAll(admission, ['::1', '::1'])).toEqual([expect.any(Place), 503]);
  });

  it.each([
    ['addressSockets', 2],
    ['addressPending', 2],
    ['addressBurst', 2],
  ] as const)('refuses an address over %s with 429 and lets others in', (limit, value) => {
    const { admission } = create({ [limit]: value });
    const results = admitAll(admission, [PUBLIC, PUBLIC, PUBLIC, '203.0.113.8']);
    expect(results).toEqual([expect.any(Place), expect.any(Place), 429, expect.any(Place)]);
  });

  it('counts all addresses of an IPv6 network of 64 bits as one', () => {
    const { admission } = create({ addressSockets: 1 });
    const results = admitAll(admission, ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1']);
    expect(results).toEqual([expect.any(Place), 429, expect.any(Place)]);
  });

  it('has no limits per address for loopback and private ones', () => {
    const { admission } = create({ addressSockets: 1, addressPending: 1, addressBurst: 1 });
    const results = admitAll(admission, ['127.0.0.1', '127.0.0.1', '10.0.0.1', '10.0.0.1', '']);
    expect(results.every((result) => result instanceof Place)).toBe(true);
    expect(admission.addresses).toBe(0);
  });

  it('lets an address over its rate cost the others nothing', () => {
    const { admission } = create({ addressBurst: 1, socketBurst: 3 });
    admitAll(admission, [PUBLIC, PUBLIC, PUBLIC, PUBLIC, PUBLIC]);
    expect(admitAll(admission, ['203.0.113.8', '203.0.113.9', '::1'])).toEqual([
      expect.any(Place),
      expect.any(Place),
      503,
    ]);
  });

  it('remembers no address that the node had no room for', () => {
    const { admission } = create({ sockets: 1 });
    admission.admit('::1');
    admitAll(admission, [PUBLIC, '203.0.113.8', '203.0.113.9']);
    expect(admission.addresses).toBe(0);
  });

  it('counts a place down once, however often it is freed', () => {
    const { admission } = create({});
    const [place] = admitAll(admission, [PUBLIC]) as [Place];
    place.authenticated();
    place.authenticated();
    place.release();
    place.release();
    place.authenticated();
    expect(admission.count).toEqual({ sockets: 0, pending: 0 });
  });

  it('forgets an address when its sockets are gone and its rate is whole, and no sooner', async () => {
    const { admission, runtime } = create({ addressRate: 1, addressBurst: 10 });
    const addresses = Array.from({ length: 9 }, () => PUBLIC);
    const places = admitAll(admission, addresses) as Place[];
    for (const place of places) place.release();
    expect(admission.addresses).toBe(1);
    await runtime.advance(5_000);
    expect(admission.addresses).toBe(1);
    await runtime.advance(5_000);
    expect(admission.addresses).toBe(0);
    expect(runtime.timers).toBe(0);
  });

  it('keeps an address that has sockets', async () => {
    const { admission, runtime } = create({});
    const [first, second] = admitAll(admission, [PUBLIC, '203.0.113.8']) as [Place, Place];
    first.release();
    await runtime.advance(60_000);
    expect(admission.addresses).toBe(1);
    second.release();
    await runtime.advance(60_000);
    expect(admission.addresses).toBe(0);
    expect(runtime.timers).toBe(0);
  });

  it('stops its timer', () => {
    const { admission, runtime } = create({});
    (admission.admit(PUBLIC) as Place).release();
    expect(runtime.timers).toBe(1);
    admission.stop();
    expect([runtime.timers, admission.addresses]).toEqual([0, 0]);
  });
});
