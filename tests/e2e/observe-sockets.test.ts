import { once } from 'node:events';
import { SUBPROTOCOLS } from '@trunkline/protocol';
import { createServer, type ServerOptions } from '@trunkline/server';
import type { Observed, Observer } from '@trunkline/server/operations';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { chatService } from '../support/chat-service.js';

async function openSockets(limits: ServerOptions['limits'] = {}) {
  const met: Observed<'limitHit'>[] = [];
  const closed: Observed<'connectionClosed'>[] = [];
  const refused: Observed<'connectionRefused'>[] = [];
  const observer: Observer = {
    limitHit: (event) => void met.push(event),
    connectionClosed: (event) => void closed.push(event),
    connectionRefused: (event) => void refused.push(event),
  };
  const services = [chatService()];
  const server = createServer({ anonymous: true, services, observers: [observer], limits });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  return {
    met,
    closed,
    refused,
    connect: (options = {}) =>
      new WebSocket(`ws://127.0.0.1:${port}`, [SUBPROTOCOLS.packed], options),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

describe('an observer of sockets', () => {
  it('is told of a message that is too large, and that the server has ended the connection', async () => {
    await using open = await openSockets({ batchBytes: 1_024 });
    const socket = open.connect();
    await once(socket, 'open');
    socket.send(new Uint8Array(2_000));
    await once(socket, 'close');
    await expect.poll(() => open.closed).toMatchObject([{ code: 1009, by: 'server' }]);
    expect(open.met).toEqual([{ limit: 'batchBytes', reaction: 'close 1009', session: undefined }]);
  });

  it('is told of a flood of pings', async () => {
    await using open = await openSockets({ controlFrames: 3 });
    const socket = open.connect();
    await once(socket, 'open');
    for (let count = 0; count < 5; count++) socket.ping();
    await once(socket, 'close');
    await expect.poll(() => open.closed).toMatchObject([{ code: 4429, by: 'server' }]);
    expect(open.met).toMatchObject([{ limit: 'controlFrames', reaction: 'close 4429' }]);
  });

  it('is told when a peer leaves by itself', async () => {
    await using open = await openSockets();
    const socket = open.connect();
    await once(socket, 'open');
    socket.close(4001, 'enough');
    await once(socket, 'close');
    await expect.poll(() => open.closed).toMatchObject([{ code: 4001, by: 'peer' }]);
    expect(open.met).toEqual([]);
  });

  it('is told of pages that are not allowed, and of nodes that are full', async () => {
    await using open = await openSockets({ sockets: 1 });
    const page = open.connect({ origin: 'https://elsewhere.example' });
    await once(page, 'close');
    await expect
      .poll(() => open.refused)
      .toMatchObject([
        { status: 101, code: 4403, reason: 'origin not allowed', remoteAddress: '127.0.0.1' },
      ]);
    const first = open.connect();
    await once(first, 'open');
    await once(open.connect(), 'error');
    expect(open.refused[1]).toMatchObject({ status: 503, code: undefined });
    expect(open.met).toEqual([{ limit: 'sockets', reaction: 'HTTP 503', session: undefined }]);
    first.close();
    await once(first, 'close');
  });
});
