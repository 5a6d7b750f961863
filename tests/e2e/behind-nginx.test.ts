import type { ConnectionState, SubscriptionState } from '@trunkline/client';
import { createTopics, MemoryBroker } from '@trunkline/server';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fencesOf, readDocument } from '../docs/markdown.js';
import { chatService } from '../support/chat-service.js';
import { chat } from '../support/chat.js';
import { createDeferred } from '../support/deferred.js';
import {
  CLIENT_ADDRESS,
  MISSING_PROGRAMS,
  NGINX_SITE,
  openFront,
  type Front,
  type FrontOptions,
} from '../support/nginx.js';

const NGINX = '127.0.0.1';
const message = (text: string) => ({ room: 'lobby', text, sentAt: new Date(0) });

/** Adds nginx's two time-outs to the location of the site. */
function timeOutAfter(time: string): (site: string) => string {
  return (site) =>
    site.replace(
      'proxy_http_version 1.1;',
      `proxy_http_version 1.1; proxy_read_timeout ${time}; proxy_send_timeout ${time};`,
    );
}

/** Leaves out the lines of the site that hold one of the words. */
function without(...words: string[]): (site: string) => string {
  return (site) =>
    site
      .split('\n')
      .filter((line) => !words.some((word) => line.includes(word)))
      .join('\n');
}

/** Opens a front whose server knows the address that each client has. */
async function open(options: Partial<FrontOptions['server']> & Omit<FrontOptions, 'server'> = {}) {
  const { edit, headers, ...server } = options;
  const addresses: string[] = [];
  const front = await openFront({
    ...(edit && { edit }),
    ...(headers && { headers }),
    server: {
      services: [chatService()],
      trustedProxies: [NGINX],
      authenticate: ({ connection }) => {
        addresses.push(connection.remoteAddress);
        return { principal: 'somebody', user: undefined };
      },
      ...server,
    },
  });
  return Object.assign(front, { addresses });
}

/** Connects, and notes every state. */
function connectTo(front: Front, url?: string) {
  const reconnect = { minMs: 1, maxMs: 20 };
  const client = front.connect({ contracts: { chat }, reconnect }, url);
  const states: ConnectionState[] = [];
  client.connection.watch((state) => states.push(state));
  const reached = (status: ConnectionState['status']): Promise<ConnectionState> =>
    new Promise((resolve) => {
      const stop = client.connection.watch((state) => {
        if (state.status !== status) return;
        stop();
        resolve(state);
      });
    });
  return { client, states, reached };
}

const missing = MISSING_PROGRAMS.map((name) => `, but ${name} is missing`).join('');

describe.skipIf(missing !== '')(`a server behind nginx${missing}`, () => {
  it('runs on the block that the guide shows', async () => {
    const guide = readDocument('docs/guides/deployment.md');
    const blocks = fencesOf(guide).filter(({ info }) => info === 'nginx');
    expect(blocks.map(({ text }) => text)).toEqual([await readFile(NGINX_SITE, 'utf8')]);
  });

  it('is set up by the code that the guide shows', async () => {
    const sources = await Promise.all(
      ['application', 'http-listener', 'stock-server'].map((name) =>
        readFile(new URL(`../../examples/plain-server/src/${name}.ts`, import.meta.url), 'utf8'),
      ),
    );
    const lines = new Set(
      sources
        .join('\n')
        .split('\n')
        .map((line) => line.trim()),
    );
    const blocks = fencesOf(readDocument('docs/guides/deployment.md'));
    const shown = blocks
      .filter(({ info }) => info === 'ts')
      .flatMap(({ text }) => text.split('\n'));
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((line) => !lines.has(line.trim()))).toEqual([]);
  });

  it('answers requests and takes a WebSocket at one address', async () => {
    await using front = await open();
    const { client } = connectTo(front);
    const response = await fetch(`${front.url}/hello`);
    expect(await response.text()).toBe('of the application');
    expect(await client.chat.echo(new Date(5))).toEqual(new Date(5));
    const items: number[] = [];
    for await (const item of client.chat.count({ to: 100 })) items.push(item);
    expect(items).toHaveLength(100);
  });

  it('is kept open by pings that are faster than the time-outs', { timeout: 30_000 }, async () => {
    const timeoutMs = 2_000;
    const edit = timeOutAfter(`${timeoutMs}ms`);
    await using front = await open({ edit, limits: { idleMs: 400 } });
    const { client, states } = connectTo(front);
    await client.connection.live();
    const idleFrom = performance.now();
    let pings = 0;
    while (performance.now() - idleFrom < 2 * timeoutMs) {
      await front.heard();
      pings++;
    }
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'live']);
    expect(pings).toBeGreaterThan(4);
    expect(await client.chat.echo('still')).toBe('still');
  });

  it('is connected to anew, with nothing missed, when a time-out comes first', async () => {
    const broker = new MemoryBroker();
    const topic = createTopics(chat, broker).messages({ room: 'lobby' });
    await using front = await open({ edit: timeOutAfter('1s'), broker });
    const { client, reached } = connectTo(front);
    const joined: SubscriptionState['joined'][] = [];
    const texts: string[] = [];
    const last = createDeferred();
    const cut = reached('waiting').then(async (state) => {
      for (const text of ['two', 'three']) await topic.publish(message(text));
      return state;
    });
    client.chat.messages({ room: 'lobby' }).subscribe({
      message: ({ text }) => {
        texts.push(text);
        if (texts.length === 3) last.resolve();
      },
      state: (state) => {
        if (state.status !== 'live') return;
        joined.push(state.joined);
        if (joined.length === 1) void topic.publish(message('one'));
      },
    });
    expect((await cut).reason).toBe('the connection was cut (1006)');
    await last.promise;
    expect(texts).toEqual(['one', 'two', 'three']);
    expect(joined.map((one) => one?.kind)).toEqual(['fresh', 'recovered']);
    expect(joined[1]).toMatchObject({ count: 2 });
    expect(front.nginx.log.join('\n')).toMatch(/upstream timed out .*proxying upgraded connection/);
    await broker.close();
  });

  it('knows the address of the client from a trusted nginx', async () => {
    await using front = await open();
    await connectTo(front).client.connection.live();
    expect(front.addresses).toEqual([CLIENT_ADDRESS]);
    expect(front.failures).toEqual([]);
  });

  it('limits the address that the first of several trusted proxies tells', async () => {
    await using front = await open({
      headers: ['X-Forwarded-For: 203.0.113.7'],
      trustedProxies: [NGINX, CLIENT_ADDRESS],
      limits: { addressSockets: 1 },
    });
    await connectTo(front).client.connection.live();
    expect(front.addresses).toEqual(['203.0.113.7']);
    const { reason } = await connectTo(front).reached('waiting');
    expect(reason).toContain('the server answered HTTP 429');
  });

  it('limits nobody behind an nginx of a private address that is not trusted', async () => {
    await using front = await open({ trustedProxies: [], limits: { addressSockets: 1 } });
    for (let count = 0; count < 3; count++) await connectTo(front).client.connection.live();
    expect(front.addresses).toEqual([NGINX, NGINX, NGINX]);
  });

  it('does not believe what the client itself says of its address', async () => {
    await using front = await open({
      headers: ['X-Forwarded-For: 8.8.8.8', 'Forwarded: for=8.8.8.8'],
    });
    await connectTo(front).client.connection.live();
    expect(front.addresses).toEqual([CLIENT_ADDRESS]);
  });

  it('takes nginx for the client, and says so, unless it is trusted', async () => {
    await using front = await open({ trustedProxies: [] });
    await connectTo(front).client.connection.live();
    expect(front.addresses).toEqual([NGINX]);
    expect(front.failures.map(({ error }) => String(error))).toEqual([
      expect.stringContaining('is not in the option "trustedProxies"'),
    ]);
  });

  it('serves pages of its own origin', async () => {
    await using front = await open({ headers: ['Origin: {origin}'] });
    const { client } = connectTo(front);
    expect(await client.chat.echo('served')).toBe('served');
  });

  it.each<[string, Parameters<typeof open>[0]]>([
    ['nginx is not trusted', { trustedProxies: [] }],
    ['nginx does not say the host', { edit: without('Host') }],
    ['nginx does not say the scheme', { edit: without('X-Forwarded-Proto') }],
  ])('refuses pages of its own origin, with the reason, where %s', async (_where, options) => {
    await using front = await open({ ...options, headers: ['Origin: {origin}'] });
    const { reached } = connectTo(front);
    expect((await reached('denied')).reason).toContain('4403: origin not allowed');
  });

  it.each<[string, string[]]>([
    ['the Upgrade header', ['Upgrade ']],
    ['the Connection header', ['Connection ']],
    ['all three lines', ['Upgrade ', 'Connection ', 'proxy_http_version']],
  ])('is unreachable, with a hint, where nginx lacks %s', async (_what, words) => {
    await using front = await open({ edit: without(...words) });
    const { reached } = connectTo(front);
    const { reason, hints } = await reached('unreachable');
    expect(reason).toContain('the server answered HTTP 404');
    expect(hints).toContain('check that every proxy in between passes on WebSocket upgrades');
  });

  it('is unreachable, with the reason, where nginx cannot reach it', async () => {
    const edit = (site: string): string =>
      site.replace(/http:..127.0.0.1:\d+/, 'http://127.0.0.1:1');
    await using front = await open({ edit });
    const { reason } = await connectTo(front).reached('unreachable');
    expect(reason).toContain('the server answered HTTP 502');
  });

  it('is unreachable, with a hint, to who does not know its authority', async () => {
    await using front = await open();
    const { reason, hints } = await connectTo(front, front.secureUrl).reached('unreachable');
    expect(reason).toMatch(/self-signed certificate|unable to verify the first certificate/);
    expect(hints).toContain('check that the certificate of the server is valid');
  });
});
