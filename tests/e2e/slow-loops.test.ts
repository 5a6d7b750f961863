import { call, contract, topic } from '@trunkline/contract';
import { connect } from '@trunkline/client';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';

const Entry = z.object({ key: z.int(), value: z.int() });

const store = contract('store', {
  kept: topic({ message: z.int(), public: true, keep: { count: 100_000, bytes: 1e9 } }),
  all: call({ output: z.map(z.int(), z.int()) }),
  allAgain: call({ output: z.map(z.int(), z.int()) }),
  passing: topic({ message: Entry, public: true, snapshot: 'all' }),
  newest: topic({
    message: Entry,
    public: true,
    keep: { count: 5 },
    delivery: { latest: 'key', maxPerSecond: 20 },
    snapshot: 'allAgain',
  }),
});

const STEPS = [
  'publish',
  'publish many',
  'take',
  'take many',
  'cut',
  'hold',
  'release',
  'wait',
] as const;
type Step = (typeof STEPS)[number];

/** One client whose loop takes only what it is told to, and a server that stores what it publishes. */
class Model {
  readonly runtime = new VirtualRuntime();
  readonly network = new MemoryNetwork(this.runtime);
  readonly state = new Map<number, number>();
  readonly server = createServer({
    anonymous: true,
    runtime: this.runtime,
    services: [implement(store, { all: () => this.state, allAgain: () => this.state })],
    limits: { outboxBytes: 2_000, joinRecords: 20, pageRecords: 30 },
  });
  readonly client = connect('ws://memory', {
    contracts: { store },
    runtime: this.runtime,
    dial: this.network.dial,
    limits: { subscriptionMessages: 10 },
  });
  readonly #topics = createTopics(store, this.server.broker);
  #count = 0;

  constructor() {
    acceptInMemory(this.server, this.network);
  }

  get count(): number {
    return this.#count;
  }

  /** Publishes on all topics: numbers in order, and values of a few keys. */
  async publish(): Promise<void> {
    const value = ++this.#count;
    const key = value % 7;
    await this.#topics.kept().publish(value);
    this.state.set(key, value);
    await this.#topics.passing().publish({ key, value });
    await this.#topics.newest().publish({ key, value });
  }

  async take(step: Step, pull: (count: number) => void): Promise<void> {
    switch (step) {
      case 'publish':
      case 'publish many':
        for (let n = step === 'publish' ? 1 : 40; n > 0; n--) await this.publish();
        break;
      case 'take':
      case 'take many':
        pull(step === 'take' ? 1 : 15);
        break;
      case 'cut':
        this.network.latest.cut();
        break;
      case 'hold':
      case 'release':
        this.network.latest[step]('server');
        break;
      case 'wait':
        await this.runtime.advance(700);
    }
    await this.runtime.settle();
  }

  /** Takes all faults away. */
  async calm(): Promise<void> {
    this.network.latest.release('server');
    for (let round = 0; round < 8; round++) await this.runtime.advance(3_000);
  }

  /** Ends all of it; gives how many timers are left. */
  async close(): Promise<number> {
    this.client.close();
    await this.server.close();
    await this.runtime.settle();
    return this.runtime.timers;
  }
}

/** Takes from a loop as many as are asked for, one after the other. */
function pullFrom<Item>(loop: AsyncIterator<Item>, taken: (item: Item) => void) {
  let wanted = 0;
  let isPulling = false;
  const run = async (): Promise<void> => {
    isPulling = true;
    for (; wanted > 0; wanted--) {
      const result = await loop.next();
      if (result.done === true) return;
      taken(result.value);
    }
    isPulling = false;
  };
  return (count: number): void => {
    wanted += count;
    if (!isPulling) void run();
  };
}

const steps = fc.array(fc.constantFrom(...STEPS), { maxLength: 40, size: 'max' });

it('a loop over a topic that keeps enough gets every message once and in order, however slow', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (list, hasOther) => {
      const model = new Model();
      await model.runtime.settle();
      const seen: number[] = [];
      const heard: number[] = [];
      // With another one the topic is never left, and goes on while the loop takes nothing.
      if (hasOther) model.client.store.kept().subscribe({ message: (value) => heard.push(value) });
      const loop = model.client.store.kept()[Symbol.asyncIterator]();
      const pull = pullFrom(loop, (value) => seen.push(value));
      pull(1);
      await model.runtime.settle();
      for (const step of list) await model.take(step, pull);
      await model.publish();
      pull(1e6);
      await model.calm();
      const all = Array.from({ length: model.count }, (_, n) => n + 1);
      expect(seen).toEqual(all);
      expect(heard).toEqual(hasOther ? all : []);
      expect(await model.close()).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 60_000);

it.each(['passing', 'newest'] as const)(
  'a state that is made of snapshots and messages is right in the end: %s',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const model = new Model();
        await model.runtime.settle();
        let listened = new Map<number, number>();
        model.client.store[name]().subscribe({
          snapshot: (all) => void (listened = new Map(all)),
          message: ({ key, value }) => void listened.set(key, value),
        });
        let looped = new Map<number, number>();
        const onSnapshot = (all: Map<number, number>) => void (looped = new Map(all));
        const loop = model.client.store[name](undefined, { onSnapshot })[Symbol.asyncIterator]();
        const pull = pullFrom(loop, ({ key, value }) => void looped.set(key, value));
        pull(1);
        await model.runtime.settle();
        for (const step of list) await model.take(step, pull);
        await model.calm();
        await model.publish();
        pull(1e6);
        await model.calm();
        const sorted = (map: Map<number, number>) => [...map].sort(([a], [b]) => a - b);
        expect(sorted(listened)).toEqual(sorted(model.state));
        expect(sorted(looped)).toEqual(sorted(model.state));
        expect(await model.close()).toBe(0);
      }),
      { numRuns: 60 },
    );
  },
  60_000,
);
