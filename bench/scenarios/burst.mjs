import { publishToAll } from '../harness/publish-to-all.mjs';
import { createTopic } from '../schemas/topic.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...createTopic(50),
  title: 'one subscriber, a burst of 100,000 messages of 50 B, each publish awaited',
  row: 'burst of 100,000 messages to one',
  unit: 'message',
  connections: 1,
  // As many messages as a burst has, and their bytes with room to spare.
  limits: {
    trunkline: {
      outboxMessages: 131_072,
      outboxMaxMessages: 131_072,
      outboxBytes: 16 * 1024 * 1024,
    },
  },
  marks: [{ of: 'serverUs', atMost: 0.2, to: 'ws-echo' }],
  limitMs: 30_000,
  drive: publishToAll({ count: 100_000, isAwaited: true }),
};
