import { subscribe } from 'node:diagnostics_channel';
import { loadScenarioFor, loadTarget } from './catalog.mjs';
import { runChild } from './run-child.mjs';

const [targetName, scenarioName] = process.argv.slice(2);

/** @type {Set<import('node:net').Socket>} */
const sockets = new Set();
// Node tells of every accepted socket here, whichever library made the server.
subscribe('net.server.socket', ({ socket }) => sockets.add(socket));

runChild(async () => {
  const target = await loadTarget(targetName);
  const scenario = await loadScenarioFor(scenarioName, target);
  const server = await target.startServer(scenario);
  process.send({ type: 'listening', port: server.port });
  const act = async ({ id, name, args }) => {
    const result = await (name === 'mark' ? takeMark() : scenario.acts[name](server, args));
    process.send({ type: 'acted', id, result });
  };
  const mark = () => process.send({ type: 'mark', ...takeMark() });
  return { on: { act, mark }, stop: () => server.close() };
});

function takeMark() {
  let bytesUp = 0;
  let bytesDown = 0;
  for (const socket of sockets) {
    bytesUp += socket.bytesRead;
    bytesDown += socket.bytesWritten;
  }
  return { cpu: process.cpuUsage(), rss: process.memoryUsage.rss(), bytesUp, bytesDown };
}
