import { connect } from '@trunkline/client';
import { call, contract, stream, topic } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { failuresTo, logTo, type LogOptions } from '@trunkline/observe/pino';

const CANARY = 'canary-7f3a';
const Text = z.object({ text: z.string() });

const desk = contract('desk', {
  say: call({ input: Text, output: Text, errors: { NO: Text }, idempotent: true }),
  wait: call({ input: z.object({ ms: z.int() }), output: z.string() }),
  fail: call({ input: Text, output: z.string() }),
  lines: stream({ input: Text, down: Text }),
  notes: topic({
    params: Text,
    message: Text,
    keep: { count: 1 },
    public: true,
    publish: 'client',
  }),
});

/** Writes lines as pino does, and keeps them. */
function openLog(options: LogOptions = {}) {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = pino({ level: 'debug' }, stream);
  const runtime = new VirtualRuntime();
  return {
    lines,
    log,
    runtime,
    observer: logTo(log, { runtime, ...options }),
    levelOf: (event: string) =>
      lines.filter((line) => line['event'] === event).map(({ level }) => level as number),
  };
}

type Log = ReturnType<typeof openLog>;

async function openDesk({ log, observer, runtime }: Log) {
  const network = new MemoryNetwork(runtime);
  const service = implement(desk, {
    say: ({ text }, context) => {
      if (text.endsWith('!')) throw context.error('NO', { text });
      return { text };
    },
    wait: ({ ms }) =>
      new Promise((resolve) => void runtime.startTimer(ms, () => resolve('waited'))),
    fail: () => {
      throw new Error('the disk is full');
    },
    async *lines({ text }) {
      yield { text };
    },
    notes: { authorizePublish: () => true },
  });
  const server = createServer({
    services: [service],
    authenticate: ({ token }) =>
      token.startsWith('right') ? { principal: `ada ${CANARY}`, user: {} as never } : undefined,
    runtime,
    observers: [observer],
    onError: failuresTo(log),
  });
  acceptInMemory(server, network);
  const clients: { close(): void }[] = [];
  return {
    server,
    network,
    connect: (token: string) => {
      const options = { contracts: { desk }, runtime, dial: network.dial, auth: () => token };
      const client = connect(`ws://memory/?q=${CANARY}`, options);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server.close();
      await runtime.settle();
      expect(runtime.timers).toBe(0);
    },
  };
}

const [DEBUG, INFO, WARN, ERROR] = [20, 30, 40, 50];

describe('the log of a server', () => {
  it('holds no payload, token, query, key or principal', async () => {
    const log = openLog();
    {
      await using open = await openDesk(log);
      const client = open.connect(`right ${CANARY}`);
      const { say, lines, notes, fail } = client.desk;
      await say({ text: CANARY }, { idempotencyKey: CANARY });
      await say.safe({ text: CANARY });
      await say.safe({ text: `${CANARY}!` });
      await fail.safe({ text: CANARY });
      for await (const _ of lines({ text: CANARY }));
      const topics = createTopics(desk, open.server.broker);
      const messages: string[] = [];
      notes({ text: CANARY }).subscribe({ message: ({ text }) => messages.push(text) });
      await log.runtime.settle();
      await notes({ text: CANARY }).publish({ text: CANARY });
      await topics.notes({ text: CANARY }).publish({ text: CANARY });
      await log.runtime.settle();
      expect(messages).toHaveLength(2);
      open.connect(`wrong ${CANARY}`);
      await log.runtime.settle();
      open.network.connections[0]?.cut();
      await log.runtime.advance(21_000);
    }
    expect(log.lines.length).toBeGreaterThan(15);
    for (const line of log.lines) expect(JSON.stringify(line)).not.toContain(CANARY);
  });

  it('writes each line at the level of its meaning', async () => {
    const log = openLog();
    await using open = await openDesk(log);
    const { desk: api } = open.connect('right');
    await api.say({ text: 'hello' });
    await api.fail.safe({ text: 'hello' });
    open.connect('wrong');
    await log.runtime.settle();
    expect(log.levelOf('sessionOpened')).toEqual([INFO]);
    expect(log.levelOf('callEnded')).toEqual([DEBUG, ERROR]);
    expect(log.levelOf('failure')).toEqual([ERROR]);
    expect(log.levelOf('authDecided')).toEqual([DEBUG, WARN]);
    const failure = log.lines.find((line) => line['event'] === 'failure');
    expect(failure).toMatchObject({ where: 'desk.fail', err: { message: 'the disk is full' } });
  });

  it('warns of a call that is slow', async () => {
    const log = openLog({ slowMs: 100 });
    await using open = await openDesk(log);
    const { desk: api } = open.connect('right');
    const [fast, slow] = [api.wait({ ms: 100 }), api.wait({ ms: 101 })];
    await log.runtime.advance(200);
    await Promise.all([fast, slow]);
    expect(log.lines.filter((line) => line['event'] === 'callEnded')).toMatchObject([
      { level: DEBUG, procedure: 'desk.wait', ms: 100 },
      { level: WARN, procedure: 'desk.wait', ms: 101, msg: 'desk.wait is slow' },
    ]);
  });

  it('names who is signed in where it is asked to', async () => {
    const log = openLog({ principals: true });
    await using open = await openDesk(log);
    await open.connect('right').desk.say({ text: 'hello' });
    const opened = log.lines.find((line) => line['event'] === 'sessionOpened');
    expect(opened).toMatchObject({ principal: `ada ${CANARY}` });
  });
});
