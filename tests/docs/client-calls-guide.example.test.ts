import { connect, serve } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { createClientCalls, createServer, implement } from '@trunkline/server';
import { acceptInMemory, MemoryNetwork, VirtualRuntime } from '@trunkline/server/testing';
import { expect, it } from 'vitest';
import * as z from 'zod';

const files = contract('files', {
  remove: call({ input: z.string(), output: z.boolean() }),
  client: {
    confirm: call({
      input: z.object({ question: z.string() }),
      output: z.object({ agreed: z.boolean() }),
      errors: { AWAY: z.object({ since: z.date() }) },
    }),
  },
});

it('asks the client that calls', async () => {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const service = implement(files, {
    remove: async (name, { session, signal }) => {
      const client = createClientCalls(files, session);
      const { agreed } = await client.confirm({ question: `remove ${name}?` }, { signal });
      return agreed;
    },
  });
  const server = createServer({ anonymous: true, services: [service], runtime });
  acceptInMemory(server, network);

  const confirm = serve(files, {
    confirm: ({ question }, context) => {
      if (question === 'remove everything?') throw context.error('AWAY', { since: new Date() });
      return { agreed: question === 'remove a.txt?' };
    },
  });
  const options = { contracts: { files }, handlers: [confirm], runtime, dial: network.dial };
  const client = connect('ws://memory', options);
  expect(await client.files.remove('a.txt')).toBe(true);
  expect(await client.files.remove('b.txt')).toBe(false);

  client.close();
  await server.close();
});
