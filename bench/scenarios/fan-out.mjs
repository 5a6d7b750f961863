import { publishToAll } from '../harness/publish-to-all.mjs';
import { createTopic } from '../schemas/topic.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...createTopic(200),
  title: '1,000 subscribers, one message of 200 B at a time',
  row: 'fan-out to 1,000, one message at a time',
  unit: 'delivery',
  connections: 1000,
  marks: [{ of: 'serverUs', atMost: 0.9, to: 'ws-echo' }],
  limitMs: 30_000,
  drive: publishToAll({ count: 1 }),
};
