import { createServer, implement, TrunklineError } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { readConversations, type Conversation } from './conversation.js';
import { probe } from './probe.contract.js';
import { createProbeServer } from './server.js';
import { judgeServer } from './verdict.js';
import { NOTHING_OPEN } from '../../support/nothing-open.js';

const ALL = readConversations();

function conversation(name: string): Conversation {
  const found = ALL.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`no conversation "${name}"`);
  return found;
}

async function judgeWith(
  server: ReturnType<typeof createServer>,
  name: string,
): Promise<string | undefined> {
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  try {
    const { fault } = await judgeServer(`ws://127.0.0.1:${port}`, conversation(name), ALL);
    return fault;
  } finally {
    await server.close();
    expect(server.counts).toEqual(NOTHING_OPEN);
  }
}

/** A server that does everything a little wrong. */
function createWrongServer() {
  const service = implement(
    probe,
    {
      echo: ({ text }) => ({ text: `${text}!` }),
      kinds: (input) => input,
      fail: () => {
        throw new TrunklineError('DENIED', 'not what it declares');
      },
      crash: () => null,
      wait: () => null,
      denied: () => null,
      *count({ to }) {
        for (let n = 0; n < to; n++) yield n === 100 ? 0 : n;
      },
      sum: () => ({ items: 0, sum: 0 }),
      *double() {
        yield 1;
      },
      announce: () => null,
      ask: () => ({ agreed: false }),
      board: () => ({ texts: [] }),
      changes: { authorize: () => false },
      notes: { authorize: () => false, authorizePublish: () => false },
      secrets: { authorize: () => true },
    },
    {},
  );
  return createServer({ anonymous: true, services: [service], onError: () => undefined });
}

describe('judgeServer', () => {
  it.each(ALL.filter(({ tests }) => tests.includes('server')))(
    'finds nothing in our server: $name',
    async ({ name }) => {
      expect(
        await judgeWith(createProbeServer({ onError: () => undefined }), name),
      ).toBeUndefined();
    },
    20_000,
  );

  it.each([
    ['call', 'RESULT: value is {"text":"hello!"}, expected {"text":"hello"}'],
    ['error', 'ERROR: code is "DENIED", expected "REFUSED"'],
    ['cancel', 'expected ERROR, got RESULT'],
    ['denied', 'expected ERROR, got RESULT'],
    ['download', 'ITEM: value is 0, expected 100'],
    ['upload', 'no credit came for an item of id 0'],
    ['both', 'ITEM: value is 1, expected 2'],
    ['subscribe', 'expected SUBSCRIBED, got ENDED'],
    ['publish', 'expected RESULT, got ERROR'],
    ['refused', 'got WELCOME, and nothing was due'],
    ['skip-up', 'RESULT: value is {"text":"hello!"}'],
  ])(
    'finds what is wrong in a wrong server: %s',
    async (name, words) => {
      expect(await judgeWith(createWrongServer(), name)).toContain(words);
    },
    20_000,
  );

  it('says that nobody listens', async () => {
    const { fault } = await judgeServer('ws://127.0.0.1:9', conversation('call'), ALL);
    expect(fault).toContain('ECONNREFUSED');
  });
});
