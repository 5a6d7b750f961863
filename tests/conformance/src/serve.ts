import { createProbeServer } from './server.js';

/** Serves the contract `probe` on a port, 8700 unless `PORT` names another, until it is ended. */
const server = createProbeServer();
const { port } = await server.listen({ port: Number(process.env['PORT'] ?? 8700) });
console.log(`ws://localhost:${port}`);
process.once('SIGTERM', () => void server.close());
process.once('SIGINT', () => void server.close());
