import { connect } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { createServer, implement } from '@trunkline/server';
import { acceptInMemory, MemoryNetwork, VirtualRuntime } from '@trunkline/server/testing';
import { expect, it } from 'vitest';
import * as z from 'zod';

const slow = contract('slow', { wait: call({ output: z.string() }) });

it('fails with DEADLINE after 30 seconds, and aborts the handler', async () => {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  let signal: AbortSignal | undefined;
  const service = implement(slow, {
    wait: (_input, context) => {
      signal = context.signal;
      return new Promise(() => undefined);
    },
  });
  const server = createServer({ anonymous: true, services: [service], runtime });
  acceptInMemory(server, network);
  const client = connect('ws://memory', { contracts: { slow }, runtime, dial: network.dial });

  const outcome = client.slow.wait.safe();
  await runtime.advance(30_000);
  expect(await outcome).toMatchObject({ ok: false, error: { code: 'DEADLINE' } });
  expect(signal?.aborted).toBe(true);

  client.close();
  await server.close();
  expect(runtime.timers).toBe(0);
});
