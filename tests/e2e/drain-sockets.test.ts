import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '@trunkline/client';
import { createServer, type Server } from '@trunkline/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { chatService, createProbe } from '../support/chat-service.js';
import { chat } from '../support/chat.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

async function openServer(readyPath?: string) {
  const probe = createProbe();
  const server = createServer({ services: [chatService(probe)], anonymous: true });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1', readyPath });
  onTestFinished(async () => {
    await server.close();
    expect(server.counts).toEqual(NOTHING_OPEN);
  });
  return { server, probe, port };
}

async function enter(port: number) {
  const client = connect(`ws://127.0.0.1:${port}`, { contracts: { chat } });
  onTestFinished(() => client.close());
  await client.connection.live();
  return client;
}

/** Asks by HTTP; gives the status and the body. */
async function ask(port: number, path: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, path, host: '127.0.0.1', agent: false }, resolve).on('error', reject);
  });
  let body = '';
  for await (const part of response.setEncoding('utf8')) body += part;
  return { status: response.statusCode, body };
}

/** Tries to open a WebSocket, and gives the answer that it got instead. */
function refusalOf(port: number): Promise<IncomingMessage> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, ['trunkline.v1.superjson']);
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      response.destroy();
      resolve(response);
    });
  });
}

/** Lets a drain begin that lasts until the server is closed. */
async function beginDrain(server: Server, port: number, probe: { started: number }) {
  const client = await enter(port);
  const wait = client.chat.wait().catch((error: unknown) => error);
  await expect.poll(() => probe.started).toBe(1);
  const drained = server.drain();
  return { client, wait, drained };
}

describe('the port of a server that drains', () => {
  it('answers upgrades with 503 and how long the window lasts', async () => {
    const { server, port, probe } = await openServer();
    await beginDrain(server, port, probe);
    const { statusCode, headers } = await refusalOf(port);
    expect(statusCode).toBe(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(20);
  });

  it('says at the ready path that it is not ready any more', async () => {
    const { server, port, probe } = await openServer('/ready');
    expect(await ask(port, '/ready?probe=1')).toEqual({ status: 200, body: '{"ready":true}' });
    expect(await ask(port, '/')).toMatchObject({ status: 426 });
    await beginDrain(server, port, probe);
    const body = '{"ready":false,"reason":"the server is draining"}';
    expect(await ask(port, '/ready')).toEqual({ status: 503, body });
  });

  it('has no ready path unless it is asked for', async () => {
    const { port } = await openServer();
    expect(await ask(port, '/ready')).toMatchObject({ status: 426 });
  });

  it('is not opened with a ready path that cannot match', async () => {
    const server = createServer({ services: [chatService()], anonymous: true });
    await expect(server.listen({ port: 0, readyPath: 'ready' })).rejects.toThrow(
      'option "readyPath" must be a path as "/ready", not "ready"',
    );
    await server.close();
  });

  it('is free again when the drain is over', async () => {
    const { server, port, probe } = await openServer();
    const { wait, drained } = await beginDrain(server, port, probe);
    probe.answer.resolve('in time');
    expect(await wait).toBe('in time');
    await server.close();
    expect(await drained).toMatchObject({ sessions: 1, finished: 1, unknown: 0 });
    await expect(ask(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

it('the readiness of a server is served by any HTTP server', async () => {
  const { server } = await openServer();
  const http = createHttpServer(server.readiness).listen(0, '127.0.0.1');
  onTestFinished(() => void http.close());
  await new Promise((resolve) => http.once('listening', resolve));
  const { port } = http.address() as AddressInfo;
  expect(await ask(port, '/')).toMatchObject({ status: 200 });
  await server.close();
  const body = '{"ready":false,"reason":"the server is closed"}';
  expect(await ask(port, '/')).toEqual({ status: 503, body });
});

it('a drain cuts sockets that do not end by themselves', async () => {
  const { server, port } = await openServer();
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, ['trunkline.v1.superjson']);
  await new Promise((resolve) => socket.once('open', resolve));
  const gone = new Promise((resolve) => socket.once('close', resolve));
  // Whoever reads nothing does not answer a close either.
  socket.pause();
  const { tookMs } = await server.drain({ windowMs: 300 });
  expect(tookMs).toBeLessThan(1_000);
  socket.resume();
  await gone;
});
