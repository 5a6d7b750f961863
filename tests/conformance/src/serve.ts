import { createProbeServer } from './server.js';
import { startSteeredServers } from './steered-servers.js';

/**
 * Serves the contract `probe` on a port, 8700 unless `PORT` names another, until it is ended; and
 * servers that can be told to stop, where `STEER_PORT` names a port for that.
 */
const server = createProbeServer();
const { port } = await server.listen({ port: Number(process.env['PORT'] ?? 8700) });
console.log(`ws://localhost:${port}`);
const steerPort = process.env['STEER_PORT'];
const steered = steerPort === undefined ? undefined : await startSteeredServers(Number(steerPort));
if (steered !== undefined) console.log(steered.url);

function stop(): void {
  void server.close();
  void steered?.close();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
