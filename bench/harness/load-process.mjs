import { killAll } from './bench-process.mjs';
import { loadScenarioFor, loadTarget } from './catalog.mjs';
import { runChild } from './run-child.mjs';
import { createAsk, startAnotherServer } from './server-link.mjs';

const [targetName, scenarioName, portText, warmup, seconds, serverCpu] = process.argv.slice(2);
const port = Number(portText);

process.on('exit', killAll);

runChild(async () => {
  const target = await loadTarget(targetName);
  const scenario = await loadScenarioFor(scenarioName, target);
  const connect = (to = port) => target.connectClient(to, scenario);
  const { ask, acted } = createAsk();
  const check = target.echoes && scenario.member.kind === 'call' ? () => true : scenario.check;
  const startServer = () => startAnotherServer([targetName, scenarioName], serverCpu);
  const { request } = scenario;
  const tools = { request, check, port, connect, ask, startServer };
  let clients = [];
  const start = async () => {
    clients = await Promise.all(Array.from({ length: scenario.connections }, () => connect()));
    if (!target.echoes) await expectRefusals(clients[0], scenario, ask);
    await scenario.drive(clients, { ...tools, seconds: Number(warmup), isWarmup: true });
    process.send({ type: 'warm' });
  };
  const measure = () =>
    measureDrive(() => {
      return scenario.drive(clients, { ...tools, seconds: Number(seconds), isWarmup: false });
    });
  return {
    on: { start, measure, acted },
    stop: () => Promise.all(clients.map((client) => client.close())),
  };
});

async function measureDrive(drive) {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const { count, latency, figures = {} } = await drive();
  const elapsedMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuBefore);
  const at = (percentile) => (latency === undefined ? null : latency.percentile(percentile) / 1000);
  process.send({
    type: 'measured',
    count,
    elapsedMs,
    cpu,
    p50Us: at(50),
    p99Us: at(99),
    figures,
  });
}

/** Proves that the server validates; throws when it takes what is wrong. */
async function expectRefusals(client, { member, refusedRequests = [] }, ask) {
  if (member.kind === 'topic' && !(await ask('refusesWrong'))) {
    throw new Error('a wrong message was published, not refused: it is not validated');
  }
  for (const request of refusedRequests) {
    const asked = member.kind === 'stream' ? client.read(request, () => {}) : client.call(request);
    const answer = await asked.catch(() => null);
    if (answer === null) continue;
    throw new Error(`${JSON.stringify(request)} was answered, not refused: it is not validated`);
  }
}
