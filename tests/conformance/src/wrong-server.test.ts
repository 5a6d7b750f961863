import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeBatch, SESSION_LIMITS, Writer, type Message } from '@trunkline/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { readConversations, type Conversation } from './conversation.js';
import { startMutatingProxy, type Mutation } from './mutating-proxy.js';
import { createProbeServer } from './server.js';
import { judgeServer } from './verdict.js';

const ALL = readConversations();
/** Longer than a conversation may take, which has a limit of its own. */
const MOST_MS = 30_000;

function conversation(name: string): Conversation {
  const found = ALL.find((candidate) => candidate.name === name);
  if (found === undefined) throw new RangeError(`no conversation "${name}"`);
  return found;
}

async function judgeMutant(mutation: Mutation, name: string): Promise<string | undefined> {
  const server = createProbeServer({ onError: () => undefined });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  const proxy = await startMutatingProxy(`ws://127.0.0.1:${port}`, mutation);
  try {
    const { fault } = await judgeServer(proxy.url, conversation(name), ALL);
    return fault;
  } finally {
    await proxy.close();
    await server.close();
  }
}

function behind(kind: Message['kind'], ...more: readonly Message[]): Mutation {
  return {
    messages: (messages) =>
      messages.flatMap((message) => (message.kind === kind ? [message, ...more] : [message])),
  };
}

function changed<K extends Message['kind']>(
  kind: K,
  change: Partial<Extract<Message, { kind: K }>>,
): Mutation {
  return {
    messages: (messages) =>
      messages.map((message) =>
        message.kind === kind ? ({ ...message, ...change } as Message) : message,
      ),
  };
}

/** Drops messages of a kind that come behind RESUMED. */
function onceResumed(kind: Message['kind']): Mutation {
  let isResumed = false;
  return {
    messages: (messages) => {
      isResumed ||= messages.some((message) => message.kind === 'RESUMED');
      return messages.filter((message) => !isResumed || message.kind !== kind);
    },
  };
}

const NO_HASH = '0'.repeat(16);
const BIND: Message = {
  kind: 'BIND',
  procedure: 0,
  procedureKind: 'call',
  name: 'probe.echo',
  sendHash: NO_HASH,
  receiveHash: NO_HASH,
};
const END: Message = { kind: 'END', id: 0, encoding: 0, bytes: new Uint8Array(0) };
const GOAWAY: Message = { kind: 'GOAWAY', reason: 'stopping', afterMs: 1, windowMs: 1 };
const STALE: Message = { kind: 'STALE', sub: 0, reason: 'unreachable' };
const STACK = 'Error: no\n    at run (/srv/app/main.js:1:1)';

describe.concurrent('judgeServer', () => {
  it.each(['call', 'duplicate', 'text', 'upload', 'resume-result', 'resume-upload'])(
    'finds nothing in a server behind a proxy that changes nothing: %s',
    async (name) => {
      expect(await judgeMutant({}, name)).toBeUndefined();
    },
    MOST_MS,
  );

  // Its answer carries the acknowledgement, so both are late: which is told depends on the machine.
  const late = /expected ERROR, and nothing came|acknowledged 0 of/;
  const mutants: [string, Mutation, string, string | RegExp][] = [
    ['acknowledges nothing', { isMute: true }, 'cancel-late', 'the peer acknowledged 0 of'],
    ['acknowledges no duplicate', { isMute: true }, 'duplicate', 'expected an acknowledgement'],
    ['sends END twice', behind('END', END), 'upload', 'sent END of id 0, for which nothing is due'],
    ['speaks after the last step', behind('ENDED', STALE), 'denied', 'got STALE, and nothing was'],
    ['sends BIND', behind('WELCOME', BIND), 'call', 'sent BIND, which it may not'],
    ['sends GOAWAY', behind('WELCOME', GOAWAY), 'call', 'sent GOAWAY, which it may not'],
    ['sends PONG', behind('WELCOME', { kind: 'PONG', value: 1 }), 'call', 'there was no PING'],
    ['claims all features', changed('WELCOME', { features: 31 }), 'call', 'with bit RESUME'],
    ['claims to renew', changed('WELCOME', { features: 4 }), 'call', 'with bit AUTH'],
    ['keeps sessions alone', changed('WELCOME', { ttlMs: 60_000 }), 'call', 'and ttlMs 60000'],
    ['gives no names', { reason: '' }, 'version', 'closed with the reason ""'],
    ['is late', { delays: { DEADLINE: 5_000 } }, 'deadline', late],
    ['shrinks credit', changed('CREDIT', { bytes: 0 }), 'upload', 'shrank the credit of id 0'],
    ['ignores bytes', changed('CREDIT', { bytes: 16_384 }), 'upload', 'no credit came for an item'],
    ['takes text', { dropsText: true }, 'text', 'it stayed open'],
    ['tells its stack', changed('ERROR', { message: STACK }), 'crash', 'told of its own code'],
    ['has another rx', changed('RESUMED', { rx: 1 }), 'resume-result', 'told rx 1, expected 2'],
    ['tells no credit again', onceResumed('CREDIT'), 'resume-upload', 'no credit came for an item'],
    ['loses results', onceResumed('RESULT'), 'resume-result', 'expected RESULT, and nothing came'],
    ['has another reason', changed('GONE', { reason: 'expired' }), 'resume-overflow', 'reason is'],
    ['tells no rx', changed('GONE', { rx: undefined }), 'resume-principal', 'rx is not told'],
    [
      'changes values',
      changed('RESULT', { encoding: 0, bytes: new Uint8Array(0) }),
      'kinds',
      '$date',
    ],
  ];

  it.each(mutants)(
    'finds a server that %s',
    async (_what, mutation, name, words) => {
      expect(await judgeMutant(mutation, name)).toMatch(words);
    },
    MOST_MS,
  );

  it(
    'finds a server that does not wait for HELLO',
    async () => {
      const server = createProbeServer({ limits: { helloMs: 1_000 } });
      const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
      const { fault } = await judgeServer(
        `ws://127.0.0.1:${port}`,
        conversation('late-hello'),
        ALL,
      );
      await server.close();
      expect(fault).toContain('expected at least 4500 ms');
    },
    MOST_MS,
  );
});

describe('judgeServer, when there is no server of the protocol,', () => {
  const other = createHttpServer((_request, response) => response.writeHead(404).end());

  afterAll(() => new Promise((resolve) => other.close(resolve)));

  it('says that the upgrade was refused', async () => {
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const verdict = await judgeServer(`ws://127.0.0.1:${port}/x`, conversation('call'), ALL);
    expect(verdict.fault).toContain('answered with HTTP 404, expected 101: is "/x" its path?');
  });

  it('says that a server speaks something else', async () => {
    const deaf = new WebSocketServer({ server: other, handleProtocols: () => false });
    const { port } = other.address() as AddressInfo;
    const verdict = await judgeServer(`ws://127.0.0.1:${port}`, conversation('call'), ALL);
    expect(verdict.fault).toContain('Server sent no subprotocol');
    await new Promise((resolve) => deaf.close(resolve));
  });

  it('says that nobody is there', async () => {
    const { port } = other.address() as AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    const verdict = await judgeServer(`ws://127.0.0.1:${port}`, conversation('call'), ALL);
    expect(verdict).toMatchObject({ isGone: true });
    expect(verdict.fault).toContain('ECONNREFUSED');
  });
});

const WELCOME: Message = {
  kind: 'WELCOME',
  features: 0,
  session: 's',
  secret: new Uint8Array(0),
  ttlMs: 0,
  expiresInMs: 0,
  idleMs: 15_000,
  limits: Object.fromEntries(
    Object.entries(SESSION_LIMITS).map(([name, { absent }]) => [name, absent]),
  ) as (typeof WELCOME & { kind: 'WELCOME' })['limits'],
  revisions: [],
};

/** Judges a server that answers WELCOME and then does as `act` says, and never says goodbye. */
async function judgeStubborn(act: (socket: WebSocket) => void): Promise<string | undefined> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  await once(server, 'listening');
  const gone: Promise<unknown>[] = [];
  server.on('connection', (socket) => {
    gone.push(once(socket, 'close'));
    socket.once('message', () => {
      socket.send(encodeBatch(new Writer(), {}, [WELCOME]).slice());
      act(socket);
    });
  });
  const { port } = server.address() as AddressInfo;
  const { fault } = await judgeServer(`ws://127.0.0.1:${port}`, conversation('call'), ALL);
  expect(gone).toHaveLength(1);
  await Promise.all(gone);
  await new Promise((resolve) => server.close(resolve));
  return fault;
}

describe.concurrent('judgeServer, when the server does not leave,', () => {
  it(
    'leaves a server that says no more',
    async () => {
      expect(await judgeStubborn(() => undefined)).toContain('acknowledged 0 of 2');
    },
    MOST_MS,
  );

  it(
    'is not kept by a server that chatters',
    async () => {
      const fault = await judgeStubborn((socket) => {
        let seq = 0;
        const chatter = setInterval(() => {
          socket.send(
            encodeBatch(new Writer(), { seq: ++seq, ack: 2 }, [{ kind: 'VOID' }]).slice(),
          );
        }, 500);
        socket.once('close', () => clearInterval(chatter));
      });
      expect(fault).toContain('expected RESULT, and nothing came in time');
    },
    MOST_MS,
  );

  it(
    'leaves a server that floods it',
    async () => {
      const pings = Array.from({ length: 3_000 }, () => ({ kind: 'PING', value: 0 }) as const);
      const batch = encodeBatch(new Writer(), {}, pings).slice();
      const fault = await judgeStubborn((socket) => {
        for (let n = 0; n < 10; n++) socket.send(batch);
      });
      expect(fault).toContain('sent more than 10000 messages');
    },
    MOST_MS,
  );
});
