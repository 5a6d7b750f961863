import { connect } from '@trunkline/client';
import { call, contract } from '@trunkline/contract';
import { decodeBatch, ENCODING, Violation, type Message } from '@trunkline/protocol';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, implement } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { expect, it } from 'vitest';
import * as z from 'zod';

const text = contract('text', { echo: call({ input: z.date(), output: z.date() }) });

interface Packing {
  readonly packed?: boolean;
}

/** Gives the encodings of the input and the output of a call. */
async function encodingsOf(serverOptions: Packing, clientOptions: Packing): Promise<number[]> {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const service = implement(text, { echo: (input) => input });
  const server = createServer({ anonymous: true, services: [service], runtime, ...serverOptions });
  acceptInMemory(server, network);
  const options = { contracts: { text }, runtime, dial: network.dial, ...clientOptions };
  const client = connect('ws://memory', options);
  expect(await client.text.echo(new Date(5))).toEqual(new Date(5));
  const { fromClient, fromServer } = network.latest;
  client.close();
  await server.close();
  expect(runtime.timers).toBe(0);
  return [...fromClient, ...fromServer].flatMap((bytes) => {
    const batch = decodeBatch(bytes);
    if (batch instanceof Violation) throw new Error(batch.reason);
    return (batch.messages as Message[]).flatMap((one) =>
      one.kind === 'CALL' || one.kind === 'RESULT' ? [one.encoding] : [],
    );
  });
}

const { PACKED, SUPERJSON } = ENCODING;

it('is packed in memory as over a socket, unless one side says otherwise', async () => {
  expect(await encodingsOf({}, {})).toEqual([PACKED, PACKED]);
  expect(await encodingsOf({ packed: false }, {})).toEqual([SUPERJSON, SUPERJSON]);
  expect(await encodingsOf({}, { packed: false })).toEqual([SUPERJSON, SUPERJSON]);
});
