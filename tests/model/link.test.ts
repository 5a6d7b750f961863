import * as fc from 'fast-check';
import { assert, expect, it } from 'vitest';
import { chooseSeed } from '../fuzz/seed.js';
import { takesNumber } from '../../packages/protocol/src/batch.js';
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
  readonly what:
    | 'withdraw'
    | 'abandon'
    | 'void'
    | 'deliver'
    | 'turn'
    | 'advance'
    | 'flush'
    | 'cut'
    | 'dial'
    | 'resume';
  readonly times: number;
};
type Step = (Send | Act) & { readonly isClient: boolean; readonly call: number };

/** Two links, and a wire between them of which every batch waits until it is delivered. */
class Pair {
  readonly runtime = new StepRuntime();
  readonly client = new LinkedPeer('client', this.runtime);
  readonly server = new LinkedPeer('server', this.runtime);

  /** What the client knows of the connection. */
  #state: 'open' | 'cut' | 'dialed' = 'open';
  /** Whether the server knows that it is cut. */
  #isNoticed = false;
  cuts = 0;

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
        for (let time = step.times; time > 0 && this.#isOpen && peer.take(other); time--);
        return;
      case 'void':
        return this.#void(peer, step.times);
      case 'cut':
        return this.#cut(step.isClient);
      case 'dial':
        return this.#dial();
      case 'resume':
        return this.#resume();
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
    if (!this.#isOpen) return;
    for (const { owed, wire } of [this.client, this.server]) {
      if (wire.bufferedBytes < LIMITS.writeAheadBytes) assert.isAtMost(owed, LIMITS.ackMessages);
    }
  }

  get #isOpen(): boolean {
    return this.#state === 'open';
  }

  #cut(isNoticed: boolean): void {
    if (this.#state === 'cut') return;
    this.cuts++;
    this.#state = 'cut';
    this.client.cut();
    // What it wrote is lost, whether it knows so or not.
    this.server.wire.waiting.length = 0;
    if (isNoticed && !this.#isNoticed) this.#notice();
  }

  #notice(): void {
    this.#isNoticed = true;
    this.server.cut();
  }

  #dial(): void {
    if (this.#state !== 'cut') return;
    this.#state = 'dialed';
    this.client.dial();
  }

  #resume(): void {
    if (this.#state !== 'dialed') return;
    if (!this.#isNoticed) this.#notice();
    this.#state = 'open';
    this.#isNoticed = false;
    const { client, server } = this;
    const { rx, first } = client.link;
    assert.isTrue(server.link.canResume(rx, first), 'the server can go on');
    assert.isTrue(client.link.canResume(server.link.rx, 0), 'the client can go on');
    server.dial();
    server.resume(rx);
    client.resume(server.link.rx);
  }

  #void(peer: LinkedPeer, which: number): void {
    const calls = peer.given.filter(({ message }) => message.kind === 'CALL');
    const one = calls[which % (calls.length || 1)];
    if (one === undefined) return;
    one.isVoided = true;
    peer.link.void(one.entry);
  }

  /** Lets everything arrive. */
  calm(): void {
    this.#dial();
    this.#resume();
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
function check(from: LinkedPeer, to: LinkedPeer, wasCut: boolean): void {
  const arrived = new Map(to.received.map((serial, index) => [serial, index]));
  assert.strictEqual(arrived.size, to.received.length, 'nothing arrives twice');
  const last = new Map<unknown, number>();
  for (const { serial, message, entry, order, call, isVoided } of from.given) {
    const index = arrived.get(serial);
    // What has no number is lost with its connection; a call that is void may have come before.
    const mayBeLost = wasCut && !takesNumber(message);
    if (index === undefined && (mayBeLost || isVoided)) continue;
    assert.strictEqual(
      index !== undefined,
      entry.state === 'written' || entry.state === 'void',
      `message ${serial}, ${entry.state}`,
    );
    if (index === undefined) continue;
    // What needs no number passes what is sent again.
    const own = wasCut && order === 'main' ? takesNumber(message) : order;
    for (const line of [own, call === undefined ? undefined : `call ${call}`]) {
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
        ...(['withdraw', 'abandon', 'void', 'cut', 'dial', 'dial', 'resume', 'resume'] as const),
      ),
      times: fc.nat(8),
    }),
  },
);

it('a link brings every message once, in order, and holds no more than it may', () => {
  const seen = { given: 0, withdrawn: 0, void: 0, large: 0, cuts: 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const pair = new Pair();
      for (const one of steps) pair.take(one);
      pair.calm();
      const { client, server, runtime } = pair;
      check(client, server, pair.cuts > 0);
      check(server, client, pair.cuts > 0);
      for (const { entry, order } of [...client.given, ...server.given]) {
        seen.given++;
        if (entry.state === 'withdrawn') seen.withdrawn++;
        if (entry.state === 'void') seen.void++;
        if (order === undefined) seen.large++;
      }
      seen.cuts += pair.cuts;
      client.link.stop();
      server.link.stop();
      expect(runtime.timers).toBe(0);
    }),
    { seed, numRuns: RUNS },
  );
  console.log('link model:', seen);
  expect(Math.min(seen.withdrawn, seen.large, seen.void, seen.cuts)).toBeGreaterThan(RUNS / 50);
}, 120_000);
