import { createProbeServer } from '@trunkline/conformance/server';
import type { Server, ServerFailure } from '@trunkline/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RigServer } from './rig-server.js';
import { startHost, type RunningHost } from './host.js';
import { cases, runCase } from './suite.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

let server: Server;
let rig: RigServer;
let host: RunningHost;
const failures: ServerFailure[] = [];

beforeAll(async () => {
  const onError = (failure: ServerFailure): void => void failures.push(failure);
  server = createProbeServer({ onError });
  rig = new RigServer({ onError });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  host = await startHost({ port, rigPort: await rig.listen() });
});

afterAll(async () => {
  await host.close();
  await Promise.all([server.close(), rig.close()]);
});

describe('a client on Node', () => {
  it.each(cases)('$name', { timeout: 60_000 }, async (one) => {
    const { error } = await runCase(one, host);
    expect(error).toBeUndefined();
  });

  it('leaves nothing on the server, and makes it report only what a handler threw', async () => {
    await expect.poll(() => server.counts).toEqual(NOTHING_OPEN);
    await expect.poll(() => rig.open).toBe(0);
    expect(failures.map(({ error }) => String(error))).toEqual(['Error: it must not be told']);
  });

  it('has cases of different names', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
