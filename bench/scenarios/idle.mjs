import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connectMany } from '../harness/connect-many.mjs';
import { MANY_SOCKETS } from '../harness/many-sockets.mjs';
import { createTopic } from '../schemas/topic.mjs';

const CONNECTIONS = 5000;
const WARM_CONNECTIONS = 200;
const REST_MS = 1000;

const topic = createTopic(50);

const collect = () => {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
};

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...topic,
  title: '5,000 idle connections with one subscription each, after a garbage collection',
  row: '5,000 idle subscribed connections',
  rounds: 1,
  unit: 'connection',
  connections: 0,
  acts: { ...topic.acts, collect },
  limits: MANY_SOCKETS,
  columns: [['residentKb', 'resident KB/connection']],
  marks: [{ of: 'residentKb', atMost: 12 }],
  limitMs: 60_000,
  async drive(_, { isWarmup, connect, ask, check }) {
    let arrived = 0;
    const use = (client) =>
      client.subscribe((message) => {
        if (!check(message, 0)) throw new Error(`wrong message ${JSON.stringify(message)}`);
        arrived += 1;
      });
    // These stay, so that what loads with the first connections counts for none.
    if (isWarmup) await connectMany(WARM_CONNECTIONS, connect, () => Promise.resolve());
    await ask('collect');
    const before = await ask('mark');
    if (isWarmup) return { count: 1 };
    const clients = await connectMany(CONNECTIONS, connect, use);
    await pause(REST_MS);
    await ask('collect');
    const after = await ask('mark');
    // Proves that all of them are subscribed.
    await ask('publish', { from: 0, count: 1 });
    while (arrived < CONNECTIONS) await pause(10);
    await Promise.all(clients.map((client) => client.close()));
    const residentKb = (after.rss - before.rss) / CONNECTIONS / 1024;
    return { count: CONNECTIONS, figures: { residentKb } };
  },
};
