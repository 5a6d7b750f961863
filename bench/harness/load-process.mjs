import { loadScenario, loadTarget } from './catalog.mjs';
import { runChild } from './run-child.mjs';

const [targetName, scenarioName, port, warmup, seconds] = process.argv.slice(2);

runChild(async () => {
  const target = await loadTarget(targetName);
  const scenario = await loadScenario(scenarioName);
  const clients = await Promise.all(
    Array.from({ length: scenario.connections }, () =>
      target.connectClient(Number(port), scenario.procedure),
    ),
  );
  const check = target.echoes ? () => true : scenario.check;
  if (!target.echoes) await expectRefusals(clients[0], scenario.refusedRequests);
  await scenario.drive(clients, { seconds: Number(warmup), check });
  process.send({ type: 'warm' });
  return {
    on: { measure: () => measure(scenario, { clients, check }) },
    stop: () => Promise.all(clients.map((client) => client.close())),
  };
});

async function measure(scenario, { clients, check }) {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const { count, latency } = await scenario.drive(clients, { seconds: Number(seconds), check });
  const elapsedMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const p50Us = latency.percentile(50) / 1000;
  const p99Us = latency.percentile(99) / 1000;
  process.send({ type: 'measured', count, elapsedMs, cpu, p50Us, p99Us });
}

async function expectRefusals(client, requests) {
  for (const request of requests) {
    const answer = await client.call(request).catch(() => null);
    if (answer === null) continue;
    throw new Error(`${JSON.stringify(request)} was answered, not refused: it is not validated`);
  }
}
