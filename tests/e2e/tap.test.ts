import { connect, type Client } from '@trunkline/client';
import { SUBPROTOCOLS } from '@trunkline/protocol';
import { createServer, createTopics, type Server, type ServerOptions } from '@trunkline/server';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { assert, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { TempProject } from '../../packages/codegen/tests/temp-project.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { chat } from '../support/chat.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';
import { startRelay } from '../support/relay.js';
import { startTap, ToolTerminal } from '../support/tool-terminal.js';

const TOKEN = 'a-token-that-nobody-sees';

/** A server on a port, and a tap before it. */
class Tapped implements AsyncDisposable {
  readonly #clients: Client<{}, { chat: typeof chat }>[] = [];

  private constructor(
    readonly server: Server,
    readonly terminal: ToolTerminal,
    readonly url: string,
  ) {}

  static async open(
    flags: readonly string[] = [],
    options: Partial<ServerOptions> = {},
    terminal = new ToolTerminal(),
  ): Promise<Tapped> {
    const server = createServer({
      services: [chatService()],
      authenticate: () => ({ principal: 'ada', user: undefined }),
      onError: () => undefined,
      ...options,
    });
    const { port } = await server.listen({ port: 0, host: 'localhost', path: '/trunkline' });
    const url = await startTap(terminal, `ws://localhost:${port}/trunkline`, ...flags);
    return new Tapped(server, terminal, url);
  }

  connect(url = this.url) {
    const client = connect(url, {
      contracts: { chat },
      auth: () => TOKEN,
      reconnect: { minMs: 1, maxMs: 20 },
    });
    this.#clients.push(client);
    return client;
  }

  /** Lines of one kind, without the time. */
  of(kind: string): string[] {
    return this.terminal.lines
      .filter((line) => line.split(/ +/)[3] === kind)
      .map((line) => line.slice(13).trim());
  }

  async [Symbol.asyncDispose]() {
    for (const client of this.#clients) client.close();
    const code = await this.terminal.stop();
    await this.server.close();
    assert.deepEqual({ code, ...this.server.counts }, { code: 0, ...NOTHING_OPEN });
  }
}

it('shows calls with their names, values, errors and times', async () => {
  await using tapped = await Tapped.open();
  const client = tapped.connect();
  await client.chat.post({ room: 'lobby', text: 'hello' });
  await client.chat.post.safe({ room: 'attic', text: 'hello' });
  await tapped.terminal.line(/ERROR/);
  expect(tapped.of('CALL')[0]).toMatch(
    /^1 → CALL +chat\.post #0 \{ room: 'lobby', text: 'hello' \} deadlineMs=\d+ \d+ B$/,
  );
  expect(tapped.of('RESULT')[0]).toMatch(
    /^1 ← RESULT +chat\.post #0 \{ room: 'lobby', text: 'hello', sentAt: 1970-01-01T00:00:01.000Z \} tookMs=[\d.]+ \d+ B$/,
  );
  expect(tapped.of('ERROR')[0]).toMatch(/code=ROOM_CLOSED executed=yes .*tookMs=[\d.]+/);
  expect(tapped.of('OPEN')[0]).toMatch(/subprotocol=trunkline\.v1\.superjson$/);
});

it('shows the items of streams, and topics with their params', async () => {
  await using tapped = await Tapped.open();
  const client = tapped.connect();
  for await (const _ of client.chat.count({ to: 2 }));
  const loop = client.chat.messages({ room: 'lobby' })[Symbol.asyncIterator]();
  const next = loop.next();
  await tapped.terminal.line(/SUBSCRIBED/);
  const topics = createTopics(chat, tapped.server.broker);
  await topics
    .messages({ room: 'lobby' })
    .publish({ room: 'lobby', text: 'hi', sentAt: new Date(0) });
  await next;
  await loop.return?.();
  await tapped.terminal.line(/UNSUBSCRIBE/);
  expect(tapped.of('ITEM')).toEqual([
    expect.stringMatching(/chat\.count #0 0 /),
    expect.stringMatching(/chat\.count #0 1 /),
  ]);
  expect(tapped.of('MESSAGE')).toEqual([
    expect.stringMatching(
      /chat\.messages \{ room: 'lobby' \} \{ room: 'lobby', text: 'hi', .*offset=1/,
    ),
  ]);
  expect(tapped.of('UNSUBSCRIBE')[0]).toContain("chat.messages { room: 'lobby' }");
});

it('puts a value together that came in chunks', async () => {
  await using tapped = await Tapped.open(['--full']);
  const text = `${'x'.repeat(150_000)}the end`;
  await tapped.connect().chat.echo(text);
  await tapped.terminal.line(/RESULT/);
  expect(tapped.of('CALL')[0]).toContain(text);
  expect(tapped.of('RESULT')[0]).toContain(text);
  expect(tapped.of('CHUNK')).toEqual([]);
});

it.each([[[]], [['--raw', '--full']], [['--json', '--raw', '--full', '--unmask']]])(
  'shows no token and no secret with %j',
  async (flags) => {
    const terminal = new ToolTerminal();
    await using tapped = await Tapped.open(flags, {}, terminal);
    const relay = await startRelay(Number(new URL(tapped.url).port));
    const client = tapped.connect(`ws://localhost:${relay.port}/trunkline`);
    await client.chat.echo('before');
    relay.cut();
    relay.restore();
    await client.chat.echo('after');
    await terminal.line(/RESUMED/);
    expect(terminal.text).not.toContain(TOKEN);
    expect(terminal.text).not.toContain(Buffer.from(TOKEN).toString('hex'));
    expect(terminal.lines.find((line) => /\bRESUME\b.*attach/.test(line))).toMatch(
      /token"?[:=]"hidden \(24 bytes\)".*secret"?[:=]"hidden \(32 bytes\)"/,
    );
    client.close();
    await relay.close();
  },
);

it('hides values of properties that are named as secrets, unless it is told otherwise', async () => {
  const value = { password: 'hunter2', deep: [{ apiKey: 'k-123' }], text: 'open' };
  for (const flags of [[], ['--unmask']]) {
    await using tapped = await Tapped.open(flags);
    await tapped.connect().chat.echo(value);
    const line = await tapped.terminal.line(/CALL +chat.echo/);
    expect(line).toContain("text: 'open'");
    expect(line.includes('hunter2')).toBe(flags.length > 0);
    expect(line.includes('k-123')).toBe(flags.length > 0);
  }
});

it('names what a session bound on an earlier connection, and says what is sent again', async () => {
  const probe = createProbe();
  await using tapped = await Tapped.open([], { services: [chatService(probe)] });
  const relay = await startRelay(Number(new URL(tapped.url).port));
  const client = tapped.connect(`ws://localhost:${relay.port}/trunkline`);
  const answer = client.chat.wait();
  await tapped.terminal.line(/CALL +chat\.wait/);
  await expect.poll(() => probe.started).toBe(1);
  relay.cut();
  relay.restore();
  await tapped.terminal.line(/RESUMED/);
  probe.answer.resolve('late');
  expect(await answer).toBe('late');
  expect(await tapped.terminal.line(/ 2 ← RESULT/)).toContain("chat.wait #0 'late'");
  client.close();
  await relay.close();
});

it('narrows what is shown to names, kinds and troubles', async () => {
  await using tapped = await Tapped.open(['--procedure', 'chat.e*', '--topic', 'chat.board']);
  await using calls = await Tapped.open(['--kind', 'call,result']);
  await using troubles = await Tapped.open(['--errors']);
  for (const one of [tapped, calls, troubles]) {
    const client = one.connect();
    await client.chat.echo(1);
    await client.chat.post.safe({ room: 'attic', text: 'x' });
    await client.chat.board({ id: 1 }).publish('hello');
    client.close();
  }
  await tapped.terminal.line(/CLOSE/);
  expect(new Set(tapped.terminal.lines.map((line) => line.split(/ +/)[4]))).toEqual(
    new Set([
      expect.stringMatching(/^url=/),
      'chat.echo',
      'chat.board',
      expect.stringMatching(/^by=/),
    ]),
  );
  expect(new Set(calls.terminal.lines.map((line) => line.split(/ +/)[3]))).toEqual(
    new Set(['CALL', 'RESULT']),
  );
  expect(troubles.terminal.lines).toEqual([expect.stringContaining('code=ROOM_CLOSED')]);
});

it('writes JSON in the notation of the vectors', async () => {
  await using tapped = await Tapped.open(['--json', '--procedure', 'chat.echo']);
  await tapped.connect().chat.echo({ n: 10n, at: new Date(0), of: new Map([['a', undefined]]) });
  const line = JSON.parse(await tapped.terminal.line(/"CALL"/)) as Record<string, unknown>;
  expect(line).toMatchObject({
    connection: 1,
    direction: 'up',
    kind: 'CALL',
    name: 'chat.echo',
    id: 0,
    value: {
      n: { $bigint: '10' },
      at: { $date: '1970-01-01T00:00:00.000Z' },
      of: { $map: [['a', { $undefined: true }]] },
    },
  });
});

it('reads packed values with the contracts of the config, and shows bytes of others', async () => {
  const contractFile = fileURLToPath(new URL('../support/chat.ts', import.meta.url));
  await using project = await TempProject.create({
    'package.json': '{ "type": "module" }',
    'trunkline.config.json': JSON.stringify({ contracts: contractFile, client: 'out' }),
  });
  await using empty = await TempProject.create({ 'package.json': '{ "type": "module" }' });
  const folders = [
    [project, /CALL +chat\.post #0 \{ room: 'lobby', text: 'hello' \} .*encoding=packed/],
    [empty, /CALL +chat\.post #0 \(packed [0-9a-f]+; no contract here has "chat\.post"\)/],
  ] as const;
  for (const [{ folder }, expected] of folders) {
    await using tapped = await Tapped.open(['--packed'], {}, new ToolTerminal({ cwd: folder }));
    await tapped.connect().chat.post({ room: 'lobby', text: 'hello' });
    expect(await tapped.terminal.line(/CALL +chat\.post/)).toMatch(expected);
    expect(tapped.of('OPEN')[0]).toContain(SUBPROTOCOLS.packed);
  }
});

it('lets nothing of a peer act on the terminal', async () => {
  await using tapped = await Tapped.open();
  await tapped.connect().chat.echo('\u001b[31m\u009b2J\u202eevil\u2028\n');
  await tapped.terminal.line(/RESULT/);
  // oxlint-disable-next-line no-control-regex
  expect(tapped.terminal.lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
});

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

/** A WebSocket server that sends back what it gets, whatever it is. */
class RawServer implements AsyncDisposable {
  readonly url: string;
  readonly lastClose: Promise<{ code: number; reason: string }>;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://localhost:${(server.address() as AddressInfo).port}/`;
    this.lastClose = new Promise((resolve) => {
      server.on('connection', (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
        socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
      });
    });
  }

  static async start(): Promise<RawServer> {
    const handleProtocols = (): string => SUBPROTOCOLS.superjson;
    const server = new WebSocketServer({ port: 0, host: 'localhost', handleProtocols });
    await new Promise((resolve) => server.once('listening', resolve));
    return new RawServer(server);
  }

  async [Symbol.asyncDispose]() {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
