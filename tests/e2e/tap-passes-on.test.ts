import { connect } from '@trunkline/client';
import { SUBPROTOCOLS } from '@trunkline/protocol';
import { createServer } from '@trunkline/server';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createCertificate } from '../../examples/plain-server/src/certificate.js';
import { findProgram } from '../../examples/plain-server/src/system-program.js';
import { chatService } from '../support/chat-service.js';
import { chat } from '../support/chat.js';
import { RawServer, Tapped } from '../support/tapped.js';
import { startTap, ToolTerminal } from '../support/tool-terminal.js';

it('passes on what does not parse, unchanged, and says what is wrong with it', async () => {
  await using server = await RawServer.start();
  await using terminal = new ToolTerminal();
  const url = await startTap(terminal, server.url);
  const client = new WebSocket(url, [SUBPROTOCOLS.superjson]);
  const heard: { data: string; isBinary: boolean }[] = [];
  const closed = new Promise<number>((resolve) => client.once('close', resolve));
  client.on('message', (data, isBinary) => {
    heard.push({ data: (data as Buffer).toString('hex'), isBinary });
    if (heard.length === 3) client.close(4400, 'enough');
  });
  const hostile = [Buffer.from('ff00ff', 'hex'), Buffer.from('00'), Buffer.alloc(70_000, 0x51)];
  await new Promise((resolve) => client.once('open', resolve));
  client.send(hostile[0] as Buffer);
  client.send('text');
  client.send(hostile[2] as Buffer);
  expect(await closed).toBe(4400);
  expect(heard).toEqual([
    { data: 'ff00ff', isBinary: true },
    { data: Buffer.from('text').toString('hex'), isBinary: false },
    { data: (hostile[2] as Buffer).toString('hex'), isBinary: true },
  ]);
  expect(await terminal.line(/CLOSE/)).toMatch(/by=client code=4400 name=PROTOCOL reason=enough/);
  expect(terminal.lines.filter((line) => line.includes('MALFORMED'))).toHaveLength(4);
  expect(terminal.lines.filter((line) => line.includes('TEXT'))).toHaveLength(2);
  expect(await server.lastClose).toEqual({ code: 4400, reason: 'enough' });
});

it('holds no more than a little for a client that does not read, and then passes on all of it', async () => {
  await using server = await RawServer.start();
  await using terminal = new ToolTerminal();
  const url = await startTap(terminal, server.url, '--kind', 'CLOSE');
  const client = new WebSocket(url, [SUBPROTOCOLS.superjson]);
  await new Promise((resolve) => client.once('open', resolve));
  client.pause();
  const far = await server.accepted;
  const sent = 400;
  for (let n = 0; n < sent; n++) far.send(Buffer.alloc(131_072, n & 0xff));
  // What the sockets themselves hold, and a little in the tap; the rest must wait at its sender.
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = far.bufferedAmount === before;
        before = far.bufferedAmount;
        return isStill;
      },
      { interval: 200, timeout: 10_000 },
    )
    .toBe(true);
  expect(far.bufferedAmount).toBeGreaterThan(20 * 1_048_576);
  const heard: number[] = [];
  client.on('message', (data) => heard.push((data as Buffer)[0] as number));
  client.resume();
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(sent);
  expect(heard).toEqual(Array.from({ length: sent }, (_, n) => n & 0xff));
  client.close(1000);
  await terminal.line(/CLOSE/);
});

it('passes the origin on, so that the server decides on pages', async () => {
  await using tapped = await Tapped.open();
  const options = { origin: 'https://evil.example.com' };
  const page = new WebSocket(tapped.url, [SUBPROTOCOLS.superjson], options);
  const code = await new Promise((resolve) => page.once('close', resolve));
  expect(code).toBe(4403);
  expect(await tapped.terminal.line(/CLOSE/)).toMatch(/by=server code=4403 name=REFUSED/);
});

it('tells the client and the person why the server cannot be had', async () => {
  const http = createHttpServer((_request, response) =>
    response.writeHead(404).end('no such page'),
  );
  http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\nnot here'));
  await new Promise<void>((resolve) => http.listen(0, 'localhost', resolve));
  const { port } = http.address() as AddressInfo;
  const cases = [
    [`ws://localhost:${port}/`, 404, /REFUSED .*answered HTTP 404.*"trunkline doctor"/],
    [
      'ws://localhost:1/?key=abc',
      502,
      /REFUSED .*cannot reach .*localhost:1\/\?….*ECONNREFUSED; check/,
    ],
  ] as const;
  for (const [target, status, expected] of cases) {
    await using terminal = new ToolTerminal();
    const url = await startTap(terminal, target);
    const client = new WebSocket(url, [SUBPROTOCOLS.superjson]);
    client.on('error', () => undefined);
    const answered = await new Promise((resolve) => {
      client.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
        client.terminate();
      });
    });
    expect(answered).toBe(status);
    expect(await terminal.line(/REFUSED/)).toMatch(expected);
    expect(terminal.text).not.toContain('abc');
  }
  await new Promise((resolve) => http.close(resolve));
});

const hasOpenssl = findProgram('openssl') !== undefined;

it.skipIf(!hasOpenssl)(
  'passes on to a server with TLS, and says when its certificate is unknown',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-tap-'));
    const { certFile, keyFile } = await createCertificate(folder);
    const tls = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    const server = createServer({ services: [chatService()], anonymous: true });
    const { port } = await server.listen({ port: 0, host: 'localhost', tls });
    for (const flags of [[], ['--insecure']]) {
      await using terminal = new ToolTerminal();
      const url = await startTap(terminal, `wss://localhost:${port}/`, ...flags);
      expect(url).toMatch(/^ws:\/\/localhost:/);
      const client = connect(url, { contracts: { chat }, reconnect: { minMs: 1, maxMs: 20 } });
      const expected =
        flags.length === 0 ? /REFUSED .*; pass --insecure if that is meant/ : /WELCOME/;
      expect(await terminal.line(expected)).toMatch(expected);
      client.close();
    }
    await server.close();
    await rm(folder, { recursive: true });
  },
);

it.each([
  [['tap', 'nothing'], 'error: "nothing" is no address: expected one such as ws://'],
  [['tap', 'ftp://a/b'], 'error: "ftp://a/b" has the scheme "ftp:": expected'],
  [['tap', 'ws://a', '--port', '70000'], 'error: option "--port": expected a whole number from 0'],
  [['tap', 'ws://a', '--kind', 'CAL'], 'error: unknown kind "CAL": did you mean CALL? expected'],
  [['tap', 'ws://a', '--packed', '--config', 'x.ts'], 'error: no such config file: "x.ts"'],
  [['tap'], "error: missing required argument 'url'"],
])('refuses %j', async (args, error) => {
  const terminal = new ToolTerminal();
  expect(await terminal.run(...args)).toBe(2);
  expect(terminal.errors.join('\n')).toContain(error);
});

it('says that its port is taken', async () => {
  await using first = new ToolTerminal();
  const { port } = new URL(await startTap(first, 'ws://localhost:1'));
  const second = new ToolTerminal();
  expect(await second.run('tap', 'ws://localhost:1', '--port', port)).toBe(2);
  expect(second.errors).toEqual([
    `error: cannot listen on port ${port}: EADDRINUSE; choose another --port, or leave it out for a free one`,
  ]);
});
