import { connect, type SubscriptionState } from '@trunkline/client';
import { createServer, createTopics, MemoryBroker } from '@trunkline/server';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findFreePorts } from '../../examples/plain-server/src/free-ports.js';
import { startNginx } from '../../examples/plain-server/src/nginx.js';
import { findProgram } from '../../examples/plain-server/src/system-program.js';
import { fencesOf, readDocument } from '../docs/markdown.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { chat } from '../support/chat.js';
import { NGINX_SITE } from '../support/nginx.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const missing = findProgram('nginx') === undefined ? ', which is missing' : '';
const DOCUMENT = 'docs/guides/stopping.md';
const message = (text: string) => ({ room: 'lobby', text, sentAt: new Date(0) });

/** Replaces what a text holds once. */
function replaceOnce(text: string, part: string | RegExp, by: string): string {
  const parts = text.split(part);
  if (parts.length !== 2) throw new Error(`the text must hold "${part}" once:\n${text}`);
  return parts.join(by);
}

/** Puts the blocks of the guide on stopping into the site of the guide on deployment, without TLS. */
async function siteOf(port: number, [first, second]: readonly [number, number]): Promise<string> {
  const block = fencesOf(readDocument(DOCUMENT)).find(({ info }) => info === 'nginx');
  const [, upstream = '', lines = ''] =
    /^(upstream [^}]*})\s*location \/ {\n([^}]*)}\s*$/.exec(block?.text ?? '') ?? [];
  let site = await readFile(NGINX_SITE, 'utf8');
  site = replaceOnce(site, '    proxy_pass http://127.0.0.1:8080;\n', lines);
  site = replaceOnce(site, '443 ssl http2', `127.0.0.1:${port}`);
  site = replaceOnce(site, /ssl_certificate [^;]*;/, '');
  site = replaceOnce(site, /ssl_certificate_key [^;]*;/, '');
  const ports = replaceOnce(upstream, ':8080', `:${first}`);
  return `${replaceOnce(ports, ':8081', `:${second}`)}\n${site}`;
}

/** Starts a server of the test contract, with the path of its readiness beside it. */
async function openNode(broker: MemoryBroker) {
  const probe = createProbe();
  const server = createServer({
    services: [chatService(probe)],
    anonymous: true,
    broker,
    trustedProxies: ['127.0.0.1'],
  });
  const http = createHttpServer(server.readiness);
  Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
  server.mount(http, { path: '/trunkline' });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await server.close();
    const closed = new Promise((resolve) => http.close(resolve));
    http.closeAllConnections();
    await closed;
    expect(server.counts).toEqual(NOTHING_OPEN);
  };
  return { server, probe, port, close };
}

/** Starts two servers with one broker behind an nginx. */
async function openHouse() {
  const broker = new MemoryBroker();
  const nodes = [await openNode(broker), await openNode(broker)] as const;
  const [port] = (await findFreePorts(1)) as [number];
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-drain-'));
  const site = await siteOf(port, [nodes[0].port, nodes[1].port]);
  const nginx = await startNginx({ folder, site });
  const clients: { close(): void }[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.close();
    await Promise.all(nodes.map((node) => node.close()));
    await nginx.stop();
    await broker.close();
    await rm(folder, { recursive: true });
  });
  const enter = async () => {
    const client = connect(`ws://localhost:${port}/trunkline`, { contracts: { chat } });
    clients.push(client);
    const statuses: string[] = [];
    client.connection.watch(({ status }) => statuses.push(status));
    await client.connection.live();
    return { client, statuses };
  };
  return { nodes, nginx, enter, topic: createTopics(chat, broker).messages({ room: 'lobby' }) };
}

/** A client is told to move at a time of its own, at the latest after 4 s of the window. */
const SLOW = { timeout: 20_000 };

describe.skipIf(missing !== '')(`two servers behind nginx${missing}`, SLOW, () => {
  it('hand their clients over, with nothing lost, by the block that the guide shows', async () => {
    const { nodes, enter, topic } = await openHouse();
    const { client, statuses } = await enter();
    const [old, next] =
      nodes[0].server.counts.sessions === 1 ? nodes : ([nodes[1], nodes[0]] as const);
    const texts: string[] = [];
    const joined: SubscriptionState['joined'][] = [];
    const subscription = client.chat.messages({ room: 'lobby' });
    subscription.subscribe({
      message: ({ text }) => void texts.push(text),
      state: (state) => void (state.status === 'live' && joined.push(state.joined)),
    });
    await expect.poll(() => joined).toHaveLength(1);
    const waiting = client.chat.wait();
    await expect.poll(() => old.probe.started).toBe(1);

    const drained = old.server.drain({ windowMs: 5_000 });
    await topic.publish(message('one'));
    await expect.poll(() => next.server.counts.sessions, { timeout: 10_000 }).toBe(1);
    await topic.publish(message('two'));
    old.probe.answer.resolve('of the old one');
    expect(await waiting).toBe('of the old one');
    expect(await drained).toMatchObject({ sessions: 1, moved: 1, finished: 1, unknown: 0 });

    await expect.poll(() => texts).toEqual(['one', 'two']);
    expect(await client.chat.echo('after')).toBe('after');
    expect(new Set(statuses)).toEqual(new Set(['connecting', 'live']));
    expect(statuses.lastIndexOf('connecting')).toBe(0);
    expect(old.server.counts.sessions).toBe(0);
  });

  it('let in whoever comes meanwhile, past the 503 of the one that drains', async () => {
    const { nodes, nginx, enter } = await openHouse();
    const [old, next] = nodes;
    // A handler that runs keeps it draining.
    const direct = connect(`ws://localhost:${old.port}/trunkline`, { contracts: { chat } });
    onTestFinished(() => direct.close());
    const waiting = direct.chat.wait();
    await expect.poll(() => old.probe.started).toBe(1);
    const drained = old.server.drain({ windowMs: 5_000 });
    const ready = await fetch(`http://localhost:${old.port}/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, reason: 'the server is draining' },
    ]);
    const entered = await Promise.all(Array.from({ length: 4 }, enter));
    // None of them was told to try again.
    for (const { statuses } of entered) expect(statuses).toEqual(['connecting', 'live']);
    expect(next.server.counts.sessions).toBe(4);
    expect(nginx.log.join('\n')).not.toMatch(/no live upstreams/);
    old.probe.answer.resolve('done');
    expect(await waiting).toBe('done');
    direct.close();
    await drained;
  });
});
