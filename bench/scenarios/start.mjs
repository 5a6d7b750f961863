import { smallCall } from '../schemas/small-call.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  ...smallCall,
  title: "start of the server's process to the first answered call",
  row: 'server start to the first answer',
  unit: 'start',
  connections: 0,
  refusedRequests: [],
  columns: [['startMs', 'ms']],
  marks: [{ of: 'startMs', atMost: 1.3, to: 'ws-json-zod' }],
  limitMs: 30_000,
  async drive(_, { seconds, request, check, connect, startServer }) {
    const end = performance.now() + seconds * 1000;
    const times = [];
    do {
      const begin = performance.now();
      const { server, port } = await startServer();
      const client = await connect(port);
      const output = await client.call(request);
      times.push(performance.now() - begin);
      if (!check(output)) throw new Error(`wrong answer ${JSON.stringify(output)}`);
      await client.close();
      await server.stop();
    } while (performance.now() < end);
    times.sort((a, b) => a - b);
    return { count: times.length, figures: { startMs: times[Math.floor(times.length / 2)] } };
  },
};
