import * as fc from 'fast-check';
import { assert, expect, it } from 'vitest';
import { chooseSeed } from '../fuzz/seed.js';
import { LIMITS, LinkedPeer } from './linked-peer.js';
import { StepRuntime } from './step-runtime.js';

const seed = chooseSeed('link model');
const RUNS = Number(process.env['TRUNKLINE_MODEL_RUNS'] ?? 2_000);

type Send = {
  readonly what: 'send';
  readonly kind: Parameters<LinkedPeer['send']>[0];
  readonly bytes: number;
  readonly times: number;
};
type Act = {
  readonly what: 'withdraw' | 'abandon' | 'deliver' | 'turn' | 'advance' | 'flush';
  readonly times: number;
};
type Step = (Send | Act) & { readonly isClient: boolean; readonly call: number };

/** Two links, and a wire between them of which every batch waits until it is delivered. */
class Pair {
  readonly runtime = new StepRuntime();
  readonly client = new LinkedPeer('client', this.runtime);
  readonly server = new LinkedPeer('server', this.runtime);

  take(step: Step): void {
    const peer = step.isClient ? this.client : this.server;
    const other = step.isClient ? this.server : this.client;
    switch (step.what) {
      case 'send':
        for (let time = step.times; time > 0; time--) peer.send(step.kind, step.call, step.bytes);
        return;
      case 'withdraw':
        return this.#withdraw(peer, step.times);
      case 'abandon':
        return void peer.link.abandon(step.call);
      case 'deliver':
        for (let time = step.times; time > 0 && peer.take(other); time--);
        return;
      case 'flush':
        return peer.link.flush();
      case 'turn':
        return this.endTurn();
      case 'advance':
        return this.runtime.advance(step.times * 20);
    }
  }

  /** Ends a turn; who owes many acknowledgements has sent one then, if there is room for it. */
  endTurn(): void {
    this.runtime.endTurn();
    for (const { owed, wire } of [this.client, this.server]) {
      if (wire.bufferedBytes < LIMITS.writeAheadBytes) assert.isAtMost(owed, LIMITS.ackMessages);
    }
  }

  /** Lets everything arrive. */
  calm(): void {
    for (let isQuiet = false; !isQuiet;) {
      this.runtime.advance(LIMITS.ackDelayMs + 1);
      isQuiet = true;
      while (this.client.take(this.server) || this.server.take(this.client)) isQuiet = false;
    }
  }

  #withdraw(peer: LinkedPeer, which: number): void {
    const waiting = peer.given.filter(({ entry }) => entry.state === 'queued');
    const one = waiting[which % (waiting.length || 1)] ?? peer.given[which];
    if (one === undefined) return;
    const wasQueued = one.entry.state === 'queued';
    assert.strictEqual(peer.link.withdraw(one.entry), wasQueued);
    if (wasQueued) assert.strictEqual(one.entry.state, 'withdrawn');
  }
}

/** All that was not withdrawn has arrived once, in the order of its class and of its call. */
function check(from: LinkedPeer, to: LinkedPeer): void {
  const arrived = new Map(to.received.map((serial, index) => [serial, index]));
  assert.strictEqual(arrived.size, to.received.length, 'nothing arrives twice');
  const last = new Map<unknown, number>();
  for (const { serial, entry, order, call } of from.given) {
    const index = arrived.get(serial);
    assert.strictEqual(
      index !== undefined,
      entry.state === 'written',
      `message ${serial}, ${entry.state}`,
    );
    if (index === undefined) continue;
    for (const line of [order, call === undefined ? undefined : `call ${call}`]) {
      if (line === undefined) continue;
      assert.isAbove(index, last.get(line) ?? -1, `message ${serial} in the order of ${line}`);
      last.set(line, index);
    }
  }
  const { queuedBytes, queuedMessages, assembledBytes } = from.link;
  assert.deepEqual(
    { queuedBytes, queuedMessages, assembledBytes },
    {
      queuedBytes: 0,
      queuedMessages: 0,
      assembledBytes: 0,
    },
  );
  assert.strictEqual(from.acked, from.tx, 'all is acknowledged');
}

const whose = { isClient: fc.boolean(), call: fc.nat(4) };
const sizes = fc.oneof(
  fc.nat(60),
  fc.constantFrom(64, 65, 96, 128),
  fc.integer({ min: 66, max: 1_500 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...whose,
      what: fc.constant('send' as const),
      kind: fc.constantFrom(
        'CALL',
        'RESULT',
        'ITEM',
        'ITEM',
        'CREDIT',
        'CANCEL',
        'MESSAGE' as const,
      ),
      bytes: sizes,
      times: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...whose,
      what: fc.constantFrom(
        ...(['deliver', 'deliver', 'deliver', 'turn', 'turn', 'advance', 'flush'] as const),
        ...(['withdraw', 'abandon'] as const),
      ),
      times: fc.nat(8),
    }),
  },
);

it('a link brings every message once, in order, and holds no more than it may', () => {
  const seen = { given: 0, withdrawn: 0, large: 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const pair = new Pair();
      for (const one of steps) pair.take(one);
      pair.calm();
      const { client, server, runtime } = pair;
      check(client, server);
      check(server, client);
      for (const { entry, order } of [...client.given, ...server.given]) {
        seen.given++;
        if (entry.state === 'withdrawn') seen.withdrawn++;
        if (order === undefined) seen.large++;
      }
      client.link.stop();
      server.link.stop();
      expect(runtime.timers).toBe(0);
    }),
    { seed, numRuns: RUNS },
  );
  console.log('link model:', seen);
  expect(Math.min(seen.withdrawn, seen.large)).toBeGreaterThan(RUNS / 10);
}, 120_000);
