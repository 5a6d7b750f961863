import { setTimeout as pause } from 'node:timers/promises';
import { connectMany } from '../harness/connect-many.mjs';
import { MANY_SOCKETS } from '../harness/many-sockets.mjs';
import { startRelay } from '../harness/relay.mjs';
import { createTopic } from '../schemas/topic.mjs';

const CLIENTS = 2000;
const PUBLISH_EVERY_MS = 250;

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...createTopic(50),
  title: '2,000 subscribed clients cut at once, until each has got a message again',
  row: '2,000 subscribers cut at once, until all are back',
  rounds: 1,
  unit: 'client',
  connections: 0,
  limits: MANY_SOCKETS,
  columns: [
    ['serverMs', 'server CPU ms'],
    ['backMs', 'ms until all are back'],
  ],
  marks: [{ of: 'serverMs', atMost: 400 }],
  limitMs: 60_000,
  async drive(_, { isWarmup, port, connect, ask, check }) {
    if (isWarmup) return { count: 1 };
    const relay = await startRelay(port);
    let isCut = false;
    const back = new Set();
    const use = (client, index) =>
      client.subscribe((message) => {
        if (!check(message, message.seq)) throw new Error('a message came back changed');
        if (isCut) back.add(index);
      });
    const clients = await connectMany(CLIENTS, () => connect(relay.port), use);
    const before = await ask('mark');
    const begin = performance.now();
    isCut = true;
    relay.cut();
    for (let seq = 0; back.size < CLIENTS; seq++) {
      await pause(PUBLISH_EVERY_MS);
      await ask('publish', { from: seq, count: 1 });
    }
    const backMs = performance.now() - begin;
    const { cpu } = await ask('mark');
    const serverMs = (cpu.user + cpu.system - before.cpu.user - before.cpu.system) / 1000;
    await Promise.all(clients.map((client) => client.close()));
    relay.close();
    return { count: CLIENTS, figures: { serverMs, backMs } };
  },
};
