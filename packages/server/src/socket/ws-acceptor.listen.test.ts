import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { AcceptorRig, type AcceptorRigOptions } from '../../tests/acceptor-rig.js';
import { RawPeer, upgradeRequest } from '../../tests/raw-peer.js';
import { createSelfSigned } from '../../tests/self-signed.js';

const rigs: AcceptorRig[] = [];
const servers: Server[] = [];

function open(options?: AcceptorRigOptions): AcceptorRig {
  const rig = new AcceptorRig(options);
  rigs.push(rig);
  return rig;
}

/** A server as an application has it, with a route of its own. */
async function serve(): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) => void response.end('page'));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

async function statusOf(port: number, path: string, headers?: Record<string, string>) {
  const peer = await RawPeer.connect(port);
  peer.socket.write(upgradeRequest(headers, `GET ${path} HTTP/1.1`));
  const [, status = '0'] = (await peer.answer()).split(' ');
  return { status: Number(status), peer };
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.dispose();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('listen of WsAcceptor', () => {
  it('says where it listens', async () => {
    const { acceptor } = open();
    const address = await acceptor.listen({ port: 0, host: '127.0.0.1', path: '/trunkline' });
    expect(address).toEqual({
      port: expect.any(Number),
      host: '127.0.0.1',
      url: `ws://127.0.0.1:${address.port}/trunkline`,
    });
    const everywhere = await acceptor.listen({ port: 0 });
    expect(everywhere.url).toBe(`ws://localhost:${everywhere.port}`);
  });

  it('rejects when the port is taken, and can listen on another one', async () => {
    const { acceptor } = open();
    const { port } = await acceptor.listen({ port: 0, host: '127.0.0.1' });
    await expect(acceptor.listen({ port, host: '127.0.0.1' })).rejects.toThrow(
      `cannot listen on port ${port} of "127.0.0.1": listen EADDRINUSE`,
    );
    await expect(acceptor.listen({ port: 70_000 })).rejects.toThrow('port 70000');
  });

  it('rejects a key that is none and a path that cannot match', async () => {
    const { acceptor } = open();
    await expect(acceptor.listen({ port: 0, tls: { key: 'a', cert: 'b' } })).rejects.toThrow('PEM');
    await expect(acceptor.listen({ port: 0, path: 'trunkline' })).rejects.toThrow(
      new TypeError('path "trunkline" is not valid: expected one as "/trunkline"'),
    );
  });

  it('serves TLS, whose pages have an origin of https', async () => {
    const rig = open();
    const tls = createSelfSigned();
    const { port, url } = await rig.acceptor.listen({ port: 0, host: '127.0.0.1', tls });
    expect(url).toBe(`wss://127.0.0.1:${port}`);
    const socket = connect({ port, host: '127.0.0.1', ca: tls.cert, servername: 'localhost' });
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    const peer = new RawPeer(socket);
    peer.socket.write(upgradeRequest({ host: 'localhost', origin: 'https://localhost' }));
    expect(await peer.answer()).toMatch(/^HTTP\/1\.1 101 /);
    const batch = new Uint8Array(100_000).fill(7);
    rig.connection.transport.write([batch, batch.subarray(0, 5)]);
    expect((await peer.frame()).payload.equals(batch)).toBe(true);
    expect((await peer.frame()).payload.length).toBe(5);
    rig.connection.transport.close({ code: 'LEAVING', reason: '' });
    expect(await peer.closeFrame()).toEqual({ code: 1001, reason: '' });
    socket.end();
    expect(await rig.untilClosed()).toEqual({ code: 1001, reason: '' });
  });

  it('answers what is no upgrade with 426, and another path with 404', async () => {
    const rig = open();
    const { port } = await rig.acceptor.listen({ port: 0, host: '127.0.0.1', path: '/trunkline' });
    const peer = await RawPeer.connect(port);
    peer.socket.write('GET /trunkline HTTP/1.1\r\nhost: a\r\n\r\n');
    const answer = await peer.answer();
    expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(answer.toLowerCase()).toContain('upgrade: websocket\r\n');
    await peer.ended();
    expect((await statusOf(port, '/other')).status).toBe(404);
    expect((await statusOf(port, '/trunkline/')).status).toBe(404);
    expect((await statusOf(port, '/trunkline?a=b')).status).toBe(101);
  });

  it('refuses a socket over the limit of the node with 503, until there is room', async () => {
    const rig = open({ limits: { sockets: 2, socketsPending: 1 } });
    const port = await rig.listen();
    const first = await statusOf(port, '/');
    expect((await statusOf(port, '/')).status).toBe(503);
    rig.connection.transport.authenticated();
    rig.connection.transport.authenticated();
    expect((await statusOf(port, '/')).status).toBe(101);
    rig.connection.transport.authenticated();
    const third = await statusOf(port, '/');
    expect(third.status).toBe(503);
    await third.peer.ended();
    const [connection] = rig.connections;
    first.peer.socket.destroy();
    await rig.untilClosed(connection);
    expect((await statusOf(port, '/')).status).toBe(101);
  });

  it('refuses an address over its limit with 429 and says when to come back', async () => {
    const rig = open({ trustedProxies: ['127.0.0.0/8'], limits: { addressBurst: 1 } });
    const port = await rig.listen();
    const headers = { 'x-forwarded-for': '198.51.100.1' };
    expect((await statusOf(port, '/', headers)).status).toBe(101);
    const peer = await RawPeer.connect(port);
    peer.socket.write(upgradeRequest(headers));
    const answer = await peer.answer();
    expect(answer).toMatch(/^HTTP\/1\.1 429 /);
    expect(answer).toContain('retry-after: 1\r\n');
    const other = { 'x-forwarded-for': '198.51.100.2' };
    expect((await statusOf(port, '/', other)).status).toBe(101);
  });

  it('ends a refused socket whose peer stays', async () => {
    const rig = open();
    const peer = await RawPeer.connect(await rig.listen(), { stays: true });
    peer.socket.write(upgradeRequest({ 'sec-websocket-version': '8' }));
    expect(await peer.answer()).toMatch(/^HTTP\/1\.1 426 /);
    await rig.acceptor.close();
    expect(rig.runtime.timers).toBe(0);
    peer.socket.destroy();
  });
});

describe('close of WsAcceptor', () => {
  it('resolves when the last socket is gone, and takes no new one meanwhile', async () => {
    const rig = open();
    const { server, port } = await serve();
    rig.acceptor.mount(server, { path: '/trunkline' });
    const own = await rig.listen();
    const { peer } = await statusOf(port, '/trunkline');
    let isClosed = false;
    const closing = rig.acceptor.close().then(() => (isClosed = true));
    expect(rig.acceptor.close()).toBe(rig.acceptor.close());
    await expect(RawPeer.connect(own)).rejects.toThrow('ECONNREFUSED');
    await rig.runtime.settle();
    expect(isClosed).toBe(false);
    rig.connection.transport.close({ code: 'DRAINING', reason: '0' });
    expect(await peer.closeFrame()).toEqual({ code: 4503, reason: '0' });
    peer.socket.end();
    await closing;
    expect(rig.connection.closes).toEqual([{ code: 4503, reason: '0' }]);
  });

  it('ends HTTP requests that are not finished', async () => {
    const rig = open();
    const peer = await RawPeer.connect(await rig.listen());
    peer.socket.write('GET / HTTP/1.1\r\nhost: a');
    await rig.runtime.settle();
    await rig.acceptor.close();
    await peer.ended();
    expect(peer.received.length).toBe(0);
  });

  it.each(['127.0.0.1', 'localhost'])('leaves nothing listening on %s', async (host) => {
    const { acceptor, runtime } = open();
    const listening = acceptor.listen({ port: 0, host });
    await Promise.all([
      acceptor.close(),
      expect(listening).rejects.toThrow('it was closed meanwhile'),
    ]);
    await runtime.settle();
    await expect(acceptor.listen({ port: 0 })).rejects.toThrow('the acceptor is closed');
    expect(() => acceptor.mount(createServer())).toThrow('the acceptor is closed');
  });
});

describe('mount of WsAcceptor', () => {
  it('takes upgrades of its path, leaves others to their listeners, and pages alone', async () => {
    const rig = open();
    const { server, port } = await serve();
    rig.acceptor.mount(server, { path: '/trunkline' });
    server.on('upgrade', (request, socket) => {
      if (request.url === '/chat') socket.end('HTTP/1.1 418 Mine\r\n\r\n');
    });
    expect((await statusOf(port, '/trunkline')).status).toBe(101);
    expect((await statusOf(port, '/chat')).status).toBe(418);
    const peer = await RawPeer.connect(port);
    peer.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await peer.answer()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('answers 404 where nobody else listens, and nothing after it was unmounted', async () => {
    const rig = open();
    const { server, port } = await serve();
    const unmount = rig.acceptor.mount(server, { path: '/trunkline' });
    expect((await statusOf(port, '/chat')).status).toBe(404);
    const { peer } = await statusOf(port, '/trunkline');
    unmount();
    unmount();
    expect(server.listenerCount('upgrade')).toBe(0);
    expect((await statusOf(port, '/trunkline')).status).toBe(200);
    rig.connection.transport.write([Buffer.from('still here')]);
    expect((await peer.frame()).payload.toString()).toBe('still here');
  });

  it('survives resets of those whom it answers 404', async () => {
    const rig = open();
    const { server, port } = await serve();
    const escaped: unknown[] = [];
    const onEscaped = (error: unknown): void => void escaped.push(error);
    process.on('uncaughtException', onEscaped);
    rig.acceptor.mount(server, { path: '/trunkline' });
    for (let round = 0; round < 20; round++) {
      const peer = await RawPeer.connect(port);
      peer.socket.write(upgradeRequest({}, 'GET /chat HTTP/1.1'));
      if (round % 2 === 0) await rig.runtime.settle();
      peer.socket.resetAndDestroy();
      await peer.ended();
    }
    expect((await statusOf(port, '/trunkline')).status).toBe(101);
    process.off('uncaughtException', onEscaped);
    expect(escaped).toEqual([]);
  });

  it('shares a server with other acceptors, each with its path', async () => {
    const [one, two, rest] = [open(), open(), open()];
    const { server, port } = await serve();
    one.acceptor.mount(server, { path: '/one' });
    const unmount = two.acceptor.mount(server, { path: '/two' });
    expect((await statusOf(port, '/one')).status).toBe(101);
    expect((await statusOf(port, '/two')).status).toBe(101);
    expect((await statusOf(port, '/three')).status).toBe(404);
    unmount();
    rest.acceptor.mount(server);
    expect((await statusOf(port, '/two')).status).toBe(101);
    expect([one, two, rest].map(({ connections }) => connections.length)).toEqual([1, 1, 1]);
    expect(() => two.acceptor.mount(server, { path: '/one' })).toThrow('"/one"');
    expect(() => two.acceptor.mount(server)).toThrow('path "any" of this HTTP server');
  });

  it('warns once of what the server allows beyond the limits', async () => {
    const rig = open();
    const { server } = await serve();
    rig.acceptor.mount(server, { path: '/one' });
    rig.acceptor.mount(server, { path: '/two' });
    expect(rig.errors.map(String)).toEqual([
      'Warning: the mounted HTTP server is looser than the limits: maxHeadersCount is 2000 ' +
        '(limit headerCount: 100), headersTimeout is 60000 (limit headersMs: 10000), ' +
        'requestTimeout is 300000 (limit requestMs: 15000); ' +
        'tighten it, or raise the limits to say that this is meant',
    ]);
  });
});
