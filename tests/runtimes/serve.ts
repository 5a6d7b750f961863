import { createProbeServer } from '@trunkline/conformance/server';
import type { ServerFailure } from '@trunkline/server';
import { RigServer } from './rig-server.js';

/** Serves the contracts `probe` and `rig` on free ports, which it prints, until it is ended. */
const onError = ({ where, error }: ServerFailure): void => console.error(where, error);
const server = createProbeServer({ onError });
const rig = new RigServer({ onError });
process.once('SIGTERM', () => void Promise.all([server.close(), rig.close()]));
const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ port, rigPort: await rig.listen() }));
