import { call, contract, stream } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createClientCalls, createServer, implement } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { connect, serve, type ClientOptions } from '@trunkline/client';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';

const desk = contract('desk', {
  quick: call({ output: z.number().optional(), deadlineMs: 5_000 }),
  long: call({ output: z.number().optional(), deadlineMs: 60_000 }),
  items: stream({ down: z.number().optional(), deadlineMs: 2_000 }),
  client: { ask: call({ output: z.number().optional(), deadlineMs: 3_000 }) },
});

/** What a client knows that was generated before the contract had deadlines. */
const older = {
  ...desk,
  members: {
    quick: { ...desk.members.quick, deadlineMs: undefined },
    long: { ...desk.members.long, deadlineMs: undefined },
    items: { ...desk.members.items, deadlineMs: undefined },
  },
} as unknown as typeof desk;

type Session = Parameters<typeof createClientCalls>[1];

/** Each handler says how long it has. */
async function open(options: Omit<ClientOptions, 'contracts'> = {}, shape = desk) {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  let session: Session | undefined;
  const service = implement(desk, {
    quick: (_input, { remainingMs }) => remainingMs,
    long: (_input, { remainingMs }) => remainingMs,
    async *items(_input, { remainingMs }) {
      yield remainingMs;
    },
  });
  const server = createServer({
    anonymous: true,
    services: [service],
    runtime,
    onOpen: (opened) => (session = opened.session),
  });
  acceptInMemory(server, network);
  const handlers = [serve(desk, { ask: (_input, { remainingMs }) => remainingMs })];
  const client = connect('ws://memory', {
    contracts: { desk: shape },
    runtime,
    dial: network.dial,
    handlers,
    ...options,
  });
  onTestFinished(async () => {
    client.close();
    await server.close();
    expect(runtime.timers).toBe(0);
  });
  await client.connection.live();
  return { client, calls: createClientCalls(desk, session as Session) };
}

it('gives calls and streams the deadline of their contract', async () => {
  const { client } = await open();
  expect(await client.desk.quick()).toBe(5_000);
  expect(await client.desk.long()).toBe(60_000);
  for await (const remaining of client.desk.items()) expect(remaining).toBe(2_000);
});

it('gives them an earlier deadline where the caller names one', async () => {
  const { client } = await open();
  expect(await client.desk.quick(undefined, { deadlineMs: 900 })).toBe(900);
  for await (const remaining of client.desk.items(undefined, { deadlineMs: 900 })) {
    expect(remaining).toBe(900);
  }
});

it('gives no call more than its contract, whatever the caller names', async () => {
  const { client } = await open();
  expect(await client.desk.quick(undefined, { deadlineMs: 30_000 })).toBe(5_000);
  expect(await client.desk.quick(undefined, { deadlineMs: null })).toBe(5_000);
  for await (const remaining of client.desk.items(undefined, { deadlineMs: 30_000 })) {
    expect(remaining).toBe(2_000);
  }
});

it('holds a client to the contract that was generated before it had a deadline', async () => {
  const { client } = await open({}, older);
  expect(await client.desk.quick()).toBe(5_000);
  expect(await client.desk.long()).toBe(60_000);
  for await (const remaining of client.desk.items()) expect(remaining).toBe(2_000);
});

it('gives a handler of the client no more than its contract', async () => {
  const { calls } = await open();
  expect(await calls.ask()).toBe(3_000);
  expect(await calls.ask(undefined, { deadlineMs: 900 })).toBe(900);
  expect(await calls.ask(undefined, { deadlineMs: 30_000 })).toBe(3_000);
});
