import { publishToAll } from '../harness/publish-to-all.mjs';
import { createTopic } from '../schemas/topic.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...createTopic(200),
  title: '1,000 subscribers, eight messages of 200 B queued at once',
  row: 'fan-out to 1,000, eight queued',
  unit: 'delivery',
  connections: 1000,
  marks: [{ of: 'serverUs', atMost: 0.2, to: 'ws-echo' }],
  limitMs: 30_000,
  drive: publishToAll({ count: 8 }),
};
