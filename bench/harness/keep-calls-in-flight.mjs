import { createHistogram } from 'node:perf_hooks';

// Timing every call would cost the load process more than some of the targets need to answer it.
const TIMED_LANES = 10;

/**
 * Makes a drive that keeps a number of calls in flight on each client, and checks every answer.
 *
 * It resolves when the last call has been answered, and rejects on the first refused or wrong
 * answer. A call is counted when its answer was right. Latencies are taken on every tenth lane.
 *
 * @param {number} inFlightPerClient
 * @returns {import('./catalog.mjs').Scenario['drive']}
 */
export const keepCallsInFlight = (inFlightPerClient) => async (clients, tools) => {
  const { request, seconds, check } = tools;
  const latency = createHistogram();
  let count = 0;
  let running = true;

  const callOnce = async (client) => {
    const output = await client.call(request);
    if (!check(output))
      throw new Error(`wrong answer ${String(JSON.stringify(output)).slice(0, 200)}`);
    count += 1;
  };
  const runLane = async (client) => {
    while (running) await callOnce(client);
  };
  const runTimedLane = async (client) => {
    while (running) {
      const start = performance.now();
      await callOnce(client);
      latency.record(Math.max(1, Math.round((performance.now() - start) * 1e6)));
    }
  };

  const timer = setTimeout(() => (running = false), seconds * 1000);
  try {
    const lanes = clients.flatMap((client) =>
      Array.from({ length: inFlightPerClient }, (_, index) =>
        index % TIMED_LANES === 0 ? runTimedLane(client) : runLane(client),
      ),
    );
    await Promise.all(lanes);
  } finally {
    running = false;
    clearTimeout(timer);
  }
  return { count, latency };
};
