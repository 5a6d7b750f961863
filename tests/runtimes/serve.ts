import { createProbeServer } from '@trunkline/conformance/server';

/** Serves the contract `probe` on a free port, which it prints, until it is ended. */
const server = createProbeServer({
  onError: ({ where, error }) => console.error(where, error),
});
process.once('SIGTERM', () => void server.close());
const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
console.log(port);
