import { subscribe } from 'node:diagnostics_channel';
import { loadScenario, loadTarget } from './catalog.mjs';
import { runChild } from './run-child.mjs';

const [targetName, scenarioName] = process.argv.slice(2);

/** @type {Set<import('node:net').Socket>} */
const sockets = new Set();
// Node tells of every accepted socket here, whichever library made the server.
subscribe('net.server.socket', ({ socket }) => sockets.add(socket));

runChild(async () => {
  const target = await loadTarget(targetName);
  const { procedure } = await loadScenario(scenarioName);
  const server = await target.startServer(procedure);
  process.send({ type: 'listening', port: server.port });
  return { on: { mark: sendMark }, stop: () => server.close() };
});

function sendMark() {
  let bytesUp = 0;
  let bytesDown = 0;
  for (const socket of sockets) {
    bytesUp += socket.bytesRead;
    bytesDown += socket.bytesWritten;
  }
  process.send({ type: 'mark', cpu: process.cpuUsage(), bytesUp, bytesDown });
}
