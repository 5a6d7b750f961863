import { ItemsInput, Message, createMessages } from '../schemas/message.mjs';

const COUNT = 100_000;

const { make, check } = createMessages(100);

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'one consumer, a stream of 100,000 items of 100 B',
  row: 'stream of 100,000 items',
  unit: 'item',
  connections: 1,
  member: {
    kind: 'stream',
    name: 'items',
    input: ItemsInput,
    item: Message,
    *produce({ count }) {
      for (let seq = 0; seq < count; seq++) yield make(seq);
    },
  },
  refusedRequests: [{ count: 0 }, { count: 1.5 }],
  check,
  marks: [{ of: 'serverUs', atMost: 0.25, to: 'ws-json-zod' }],
  limitMs: 30_000,
  async drive([client], { seconds, isWarmup, check: isRight }) {
    const count = isWarmup ? COUNT / 10 : COUNT;
    const end = performance.now() + seconds * 1000;
    let total = 0;
    do {
      let seq = 0;
      await client.read({ count }, (item) => {
        if (!isRight(item, seq))
          throw new Error(`expected item ${seq}, got ${JSON.stringify(item)}`);
        seq += 1;
      });
      if (seq !== count) throw new Error(`expected ${count} items, got ${seq}`);
      total += count;
    } while (performance.now() < end);
    return { count: total };
  },
};
