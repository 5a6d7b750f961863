import { readFile } from 'node:fs/promises';
import { connect, type Client, type ConnectionState } from '@trunkline/client';
import { call, contract, topic } from '@trunkline/contract';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import { createServer, createTopics, implement, TrunklineError } from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';

const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim());

const desk = contract('desk', {
  me: call({ output: z.string() }),
  messages: topic({
    params: z.object({ room: z.string() }),
    message: z.string(),
    publish: 'server',
  }),
});

interface Account {
  readonly id: string;
  readonly name: string;
  isBlocked: boolean;
  rooms: string[];
}

/** What an application has: accounts, tokens that end, and a page that shows a login. */
function openApplication() {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const ada: Account = { id: 'u-1', name: 'Ada', isBlocked: false, rooms: ['lobby'] };
  const accounts = new Map([[ada.id, ada]]);
  const tokens = new Map<string, { account: string; endsAt: number }>();
  const accountOf = (user: unknown): Account => user as Account;
  let given = 0;

  async function verify(token: string) {
    const { account, endsAt } = tokens.get(token) ?? {};
    if (account === undefined || endsAt === undefined || endsAt <= runtime.wallNow()) return;
    return { account, endsAt };
  }
  function issue(): string {
    const token = `token ${++given}`;
    tokens.set(token, { account: ada.id, endsAt: runtime.wallNow() + 600_000 });
    return token;
  }

  const deskService = implement(desk, {
    me: (_input, { user }) => accountOf(user).name,
    messages: {
      authorize: ({ room }, { principal }) => {
        return accounts.get(principal as string)?.rooms.includes(room) === true;
      },
    },
  });
  const server = createServer({
    services: [deskService],
    runtime,
    authenticate: async ({ token }) => {
      const claims = await verify(token);
      if (claims === undefined) return undefined; // another token, please
      const account = accounts.get(claims.account);
      if (account?.isBlocked !== false) throw new TrunklineError('DENIED', 'blocked');
      return { principal: account.id, user: account, expiresAt: new Date(claims.endsAt) };
    },
  });
  acceptInMemory(server, network);

  async function leave(room: string, account: Account): Promise<void> {
    account.rooms = account.rooms.filter((other) => other !== room);
    await server.recheck({ principal: account.id, topic: 'desk.messages' });
  }
  function signOutEverywhere(account: Account): void {
    tokens.clear();
    server.revoke(account.id);
  }
  function block(account: Account): void {
    account.isBlocked = true;
    server.revoke(account.id, { final: true });
  }
  onTestFinished(() => server.close());
  return { runtime, network, server, ada, issue, leave, signOutEverywhere, block };
}

function openPage({ runtime, network, issue }: ReturnType<typeof openApplication>) {
  const log: string[] = [];
  const stored: { token: string | undefined } = { token: issue() };
  let isSignedIn = true;
  const fetchToken = async (): Promise<string | undefined> => (isSignedIn ? issue() : undefined);
  const showLogin = (): void => void log.push('login');
  const showBlocked = (): void => void log.push('blocked');

  const client: Client<{}, { desk: typeof desk }> = connect('ws://memory', {
    contracts: { desk },
    runtime,
    dial: network.dial,
    auth: async ({ reason }) => {
      log.push(reason);
      // The stored token may be good still, unless it is said that it is not.
      if (reason === 'first' || reason === 'resume') return stored.token;
      return (stored.token = await fetchToken());
    },
  });
  client.connection.watch(({ refusal }: ConnectionState) => {
    if (refusal === 'token') showLogin();
    if (refusal === 'denied') showBlocked();
  });
  function signedIn(token: string): void {
    stored.token = token;
    client.connection.reconnectNow();
  }
  onTestFinished(() => client.close());
  const forget = (): void => {
    isSignedIn = false;
  };
  return { client, log, forget, signIn: () => ((isSignedIn = true), signedIn(issue())) };
}

it('shows in the guide to authentication what runs here', async () => {
  const guide = await readFile(
    new URL('../../docs/guides/authentication.md', import.meta.url),
    'utf8',
  );
  const source = linesOf(await readFile(new URL(import.meta.url), 'utf8'));
  const all = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)];
  // A declaration of `App` would hold for every test.
  const blocks = all.filter(([, block]) => !block?.startsWith('declare module'));
  expect(blocks).toHaveLength(4);
  for (const [, block = ''] of blocks) {
    const lines = linesOf(block).filter((line) => !line.startsWith('import '));
    expect(source).toEqual(expect.arrayContaining(lines));
  }
});

it('renews the token, and shows a login when there is no other', async () => {
  const application = openApplication();
  const { runtime, server, ada, signOutEverywhere } = application;
  const { client, log, forget, signIn } = openPage(application);
  await runtime.settle();
  expect(await client.desk.me()).toBe('Ada');
  await runtime.advance(1_200_000);
  expect(new Set(log)).toEqual(new Set(['first', 'expiring']));
  expect(server.counts.sessions).toBe(1);
  forget();
  signOutEverywhere(ada);
  await runtime.advance(2_000);
  expect(log.slice(-2)).toEqual(['rejected', 'login']);
  await expect(client.desk.me()).rejects.toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
  signIn();
  await runtime.advance(2_000);
  expect(client.connection.state.status).toBe('live');
  expect(await client.desk.me()).toBe('Ada');
});

it('turns away who was blocked, and ends what may not be read any more', async () => {
  const application = openApplication();
  const { runtime, server, ada, leave, block } = application;
  const { client, log } = openPage(application);
  const seen: string[] = [];
  const ended: unknown[] = [];
  client.desk.messages({ room: 'lobby' }).subscribe({
    message: (message) => void seen.push(message),
    state: ({ error }) => void (error && ended.push(error.code)),
  });
  await runtime.settle();
  const topics = createTopics(desk, server.broker);
  await topics.messages({ room: 'lobby' }).publish('one');
  await runtime.settle();
  await leave('lobby', ada);
  await topics.messages({ room: 'lobby' }).publish('two');
  await runtime.settle();
  expect([seen, ended]).toEqual([['one'], ['DENIED']]);
  block(ada);
  await runtime.settle();
  expect(log).toEqual(['first', 'blocked']);
});
