import { SUBPROTOCOLS } from '@trunkline/protocol';
import { createServer, type Server, type ServerOptions } from '@trunkline/server';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { createCertificate } from '../../examples/plain-server/src/certificate.js';
import { findFreePorts } from '../../examples/plain-server/src/free-ports.js';
import { startNginx } from '../../examples/plain-server/src/nginx.js';
import { findProgram } from '../../examples/plain-server/src/system-program.js';
import {
  collectFor,
  cutAbove,
  oneMessageAtATime,
  startBadRoad,
  withoutCloses,
  type RoadFaults,
} from '../support/bad-road.js';
import { chatService } from '../support/chat-service.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';
import { ToolTerminal } from '../support/tool-terminal.js';

const PATH = '/trunkline';
const TOKEN = 'let-me-in';

interface Report {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly check: string;
    readonly verdict: string;
    readonly text: string;
    readonly mend?: string;
    readonly figures?: Readonly<Record<string, unknown>>;
  }[];
}

/** Runs the doctor, and gives what it found by the names of its checks. */
async function examine(url: string, ...flags: readonly string[]) {
  const terminal = new ToolTerminal({ environment: { TRUNKLINE_TOKEN: TOKEN } });
  const code = await terminal.run('doctor', url, '--json', ...flags);
  const report = JSON.parse(terminal.lines.join('\n')) as Report;
  expect(code).toBe(report.ok ? 0 : 1);
  const told = (one: Report['findings'][number]) =>
    `${one.verdict}: ${one.text}${one.mend === undefined ? '' : ` → ${one.mend}`}`;
  return Object.fromEntries(report.findings.map((one) => [one.check, told(one)]));
}

async function withServer(
  use: (port: number, server: Server) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  const server = createServer({
    services: [chatService()],
    authenticate: ({ token }) =>
      token === TOKEN ? { principal: 'ada', user: undefined } : undefined,
    onError: () => undefined,
    ...options,
  });
  const { port } = await server.listen({ port: 0, host: 'localhost', path: PATH });
  try {
    await use(port, server);
  } finally {
    await server.close();
  }
  expect(server.counts).toEqual(NOTHING_OPEN);
}

/** Examines a server at the end of a bad road. */
async function examineBehind(faults: RoadFaults, ...flags: readonly string[]) {
  let found: Awaited<ReturnType<typeof examine>> = {};
  await withServer(async (port) => {
    await using road = await startBadRoad(port, faults);
    found = await examine(`ws://localhost:${road.port}${PATH}`, ...flags);
  });
  return found;
}

describe('trunkline doctor', () => {
  it('finds nothing at a server that is well, and watches quiet connections', async () => {
    await withServer(async (port) => {
      const terminal = new ToolTerminal();
      const url = `ws://localhost:${port}${PATH}`;
      const code = await terminal.run('doctor', url, '--token', TOKEN, '--idle', '1');
      expect(terminal.lines.join('\n')).toMatch(
        /all is well with "ws:\/\/localhost:\d+\/trunkline"$/,
      );
      expect(code).toBe(0);
      expect(terminal.lines.map((line) => line.split(/ {2,}/).slice(0, 2).join(' '))).toEqual([
        'ok address',
        'ok tcp',
        'ok upgrade',
        'ok subprotocol',
        'ok compression',
        'ok session',
        'ok round trip',
        'ok one write',
        'ok buffering',
        'ok largest',
        'ok close codes',
        'ok idle',
        'skip dead peer',
        expect.stringMatching(/^all is well/),
      ]);
      expect(terminal.errors).toEqual([expect.stringMatching(/^watching quiet connections for 1/)]);
    });
  });

  it('says of both watches that they are left out', async () => {
    await withServer(async (port) => {
      const found = await examine(`ws://localhost:${port}${PATH}`, '--quick');
      expect(found['idle']).toBe('skip: left out by --quick');
      expect(found['dead peer']).toBe('skip: left out by --quick');
    });
  });

  it('tells of a token that is missing or wrong, and never shows it', async () => {
    await withServer(async (port) => {
      const url = `ws://localhost:${port}${PATH}`;
      const terminal = new ToolTerminal();
      expect(await terminal.run('doctor', url, '--quick')).toBe(1);
      expect(terminal.text).toMatch(
        /fail +session +closed with 4401 .*\n.*--token.*TRUNKLINE_TOKEN/,
      );
      const wrong = await examine(url, '--quick', '--token', 'mistaken');
      expect(wrong['session']).toMatch(/^fail: closed with 4401 .* → pass another token$/);
      expect(JSON.stringify(wrong)).not.toContain('mistaken');
    });
  });

  it('tells of an origin that is not served', async () => {
    await withServer(async (port) => {
      const url = `ws://localhost:${port}${PATH}`;
      const found = await examine(url, '--quick', '--origin', 'https://other.example.com/page');
      expect(found['session']).toMatch(/^fail: closed with 4403 "origin not allowed".*"origins"/);
    });
  });

  it('tells of a path that is not served, and of a port that nobody listens on', async () => {
    await withServer(async (port) => {
      const found = await examine(`ws://localhost:${port}/other`, '--quick');
      expect(found['upgrade']).toMatch(/^fail: answered HTTP 404 .*mounted at the path "\/other"/);
    });
    const [free] = await findFreePorts(1);
    const found = await examine(`ws://localhost:${free}`, '--quick');
    expect(found['tcp']).toMatch(/^fail: .*ECONNREFUSED → nothing listens there/);
    expect(found['upgrade']).toBeUndefined();
  });

  it('tells of a name without an address', async () => {
    const found = await examine('ws://no-such-host.invalid/', '--quick');
    expect(found['address']).toMatch(/^fail: the name "no-such-host.invalid" has no address/);
  });

  const answers: readonly (readonly [number, Record<string, string>, RegExp])[] = [
    [200, {}, /^fail: answered HTTP 200 "page" instead .*plain request: check the path.*Upgrade/],
    [301, { location: '/new' }, /do not follow redirects: use "ws:\/\/localhost:\d+\/new"$/],
    [308, { location: 'https://example.com/a' }, /redirects: use "wss:\/\/example.com\/a"$/],
    [403, {}, /a proxy or firewall refuses/],
    [502, {}, /the proxy cannot reach the server behind it/],
    [503, { 'retry-after': '7' }, /try again in 7 s$/],
  ];

  it.each(answers)('explains HTTP %i', async (status, headers, expected) => {
    const found = await examinePlain((_request, response) => {
      response.writeHead(status, headers).end('page');
    });
    expect(found['upgrade']).toMatch(expected);
  });

  it('knows another WebSocket server by what it chooses', async () => {
    const other = new WebSocketServer({ port: 0, host: 'localhost', handleProtocols: () => false });
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const found = await examine(`ws://localhost:${port}/`, '--quick');
    expect(found['upgrade']).toMatch(/no subprotocol was chosen: this is no Trunkline server/);
    await new Promise((resolve) => other.close(resolve));
  });

  it('warns of compression that something in between accepts', async () => {
    const proxy = new WebSocketServer({
      port: 0,
      host: 'localhost',
      perMessageDeflate: true,
      handleProtocols: () => SUBPROTOCOLS.superjson,
    });
    proxy.on('connection', (socket) => socket.once('message', () => socket.close(1001)));
    await new Promise((resolve) => proxy.once('listening', resolve));
    const { port } = proxy.address() as AddressInfo;
    const found = await examine(`ws://localhost:${port}/`, '--quick');
    expect(found['compression']).toMatch(/^warn: "permessage-deflate" was accepted/);
    expect(found['session']).toMatch(/^fail: closed with 1001/);
    await new Promise((resolve) => proxy.close(resolve));
  });

  it('tells how large a message may be where something cuts larger ones', async () => {
    const found = await examineBehind({ up: cutAbove(100_000) }, '--quick');
    expect(found['largest']).toMatch(
      /^fail: a message of 128.0 KiB does not arrive, one of 64.0 KiB does; .* 1006 → raise/,
    );
    expect(found['round trip']).toMatch(/^ok/);
  });

  // Each of its round trips waits for the collector.
  it('sees messages that are collected on the way', { timeout: 30_000 }, async () => {
    const found = await examineBehind({ down: collectFor(260) }, '--quick');
    expect(found['buffering']).toMatch(/^warn: of 10 messages 100 ms apart, \d arrive together/);
  });

  it('sees that only one message of a write is passed on', { timeout: 30_000 }, async () => {
    const found = await examineBehind({ up: () => oneMessageAtATime() }, '--quick');
    expect(found['one write']).toMatch(/^fail: of two messages in one write the second is lost/);
    expect(found['largest']).toMatch(/^ok/);
  });

  it('sees that close codes do not come through', async () => {
    const found = await examineBehind({ down: withoutCloses }, '--quick');
    expect(found['close codes']).toMatch(/^warn: the server closes with 4400, and 1006 came/);
  });

  it('tells after how long something cuts what is idle', async () => {
    const found = await examineBehind({ idleMs: 1_200 }, '--idle', '5');
    expect(found['idle']).toMatch(
      /^fail: a connection that answers was ended after \d\.\d s, with 1006.*proxy_read_timeout/,
    );
    expect(found['dead peer']).toMatch(/^warn: a silent client was cut after \d\.\d s, before/);
  });

  it('sees the server give up a client that answers nothing', async () => {
    const limits = { idleMs: 300, deadMs: 1_000 };
    await withServer(
      async (port) => {
        const found = await examine(`ws://localhost:${port}${PATH}`, '--idle', '3');
        expect(found['idle']).toMatch(/^ok: 3.0 s: nobody cut it/);
        expect(found['dead peer']).toMatch(
          /^ok: asked after [\d.]+ m?s, and a silent client given up/,
        );
      },
      { limits },
    );
  });

  it('blames nothing in between for a token that ends while it watches', async () => {
    const authenticate = () => {
      const expiresAt = new Date(Date.now() + 1_000);
      return { principal: 'ada', user: undefined, expiresAt };
    };
    await withServer(
      async (port) => {
        const found = await examine(`ws://localhost:${port}${PATH}`, '--idle', '5');
        for (const check of ['idle', 'dead peer']) {
          expect(found[check]).toMatch(/^skip: the token ended after [\d.]+ m?s → pass a token/);
        }
      },
      { authenticate },
    );
  });

  it('sends to the log of a server that ends what is watched', async () => {
    await withServer(async (port, server) => {
      const terminal = new ToolTerminal({ environment: { TRUNKLINE_TOKEN: TOKEN } });
      const url = `ws://localhost:${port}${PATH}`;
      const code = terminal.run('doctor', url, '--idle', '30');
      await terminal.line(/^watching quiet/, terminal.errors);
      await server.close();
      expect(await code).toBe(1);
      expect(terminal.text).toMatch(
        /fail +idle +the server ended it after [\d.]+ m?s, with 1001\n.*log of the server/,
      );
      expect(terminal.text).toMatch(/warn +dead peer +the server ended it after/);
    });
  });

  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['doctor', 'nothing'], 'error: "nothing" is no address: expected one such as ws://'],
    [['doctor', 'ws://a', '--idle', '0'], 'error: option "--idle": expected a whole number from 1'],
    [['doctor', 'ws://a', '--origin', 'app'], 'error: option "--origin": expected one such as'],
    [['doctor', 'ws://a', '--quick', '--idle', '9'], 'cannot be used with option'],
  ];

  it.each(mistakes)('refuses %j', async (args, error) => {
    const terminal = new ToolTerminal();
    expect(await terminal.run(...args)).toBe(2);
    expect(terminal.errors.join('\n')).toContain(error);
  });
});

async function examinePlain(answer: RequestListener) {
  const http = createHttpServer(answer);
  await new Promise<void>((resolve) => http.listen(0, 'localhost', resolve));
  const { port } = http.address() as AddressInfo;
  const found = await examine(`ws://localhost:${port}/`, '--quick');
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  return found;
}

const hasOpenssl = findProgram('openssl') !== undefined;

describe.skipIf(!hasOpenssl)(
  `trunkline doctor over TLS${hasOpenssl ? '' : ', but openssl is missing'}`,
  () => {
    let folder = '';
    let identity = { cert: '', key: '' };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'trunkline-doctor-'));
      const { certFile, keyFile } = await createCertificate(join(folder, 'tls'));
      identity = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
    });

    afterAll(() => rm(folder, { recursive: true }));

    it('tells of a certificate that is not accepted, and goes on when it is told to', async () => {
      const server = createServer({ services: [chatService()], anonymous: true });
      const { port } = await server.listen({ port: 0, host: 'localhost', tls: identity });
      const url = `wss://localhost:${port}/`;
      const found = await examine(url, '--quick');
      expect(found['tls']).toMatch(/^fail: the certificate is not accepted: .*whole chain/);
      expect(found['upgrade']).toBeUndefined();
      const insecure = await examine(url, '--quick', '--insecure');
      expect(insecure['tls']).toMatch(/^warn: the certificate is not accepted/);
      expect(insecure['close codes']).toMatch(/^ok/);
      const plain = await examine(`ws://localhost:${port}/`, '--quick');
      expect(plain['upgrade']).toMatch(/^fail: .* try wss:/);
      await server.close();
    });

    it('tells of a front that speaks HTTP/2 alone, and of a port without TLS', async () => {
      const http2 = createHttp2Server();
      await new Promise<void>((resolve) => http2.listen(0, 'localhost', resolve));
      const { port } = http2.address() as AddressInfo;
      const alone = await examine(`ws://localhost:${port}/`, '--quick');
      expect(alone['upgrade']).toMatch(/^fail: .*HTTP\/2 alone/);
      const plain = await examine(`wss://localhost:${port}/`, '--quick');
      expect(plain['tls']).toMatch(/^fail: no TLS is spoken there → use ws:/);
      await new Promise((resolve) => http2.close(() => resolve(undefined)));
    });
  },
);

const hasNginx = findProgram('nginx') !== undefined;

describe.skipIf(!hasNginx)(
  `trunkline doctor through nginx${hasNginx ? '' : ', but it is missing'}`,
  () => {
    const UPGRADE =
      'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; ' +
      'proxy_set_header Connection "upgrade"; proxy_set_header Host $http_host;';

    async function through(lines: string, ...flags: readonly string[]) {
      const folder = await mkdtemp(join(tmpdir(), 'trunkline-doctor-'));
      const [port] = await findFreePorts(1);
      let found: Awaited<ReturnType<typeof examine>> = {};
      await withServer(async (upstream) => {
        const site = `server { listen 127.0.0.1:${port}; location / {
        proxy_pass http://localhost:${upstream}; ${lines} } }`;
        const nginx = await startNginx({ folder: join(folder, 'nginx'), site });
        found = await examine(`ws://127.0.0.1:${port}${PATH}`, ...flags);
        await nginx.stop();
      });
      await rm(folder, { recursive: true });
      return found;
    }

    it('finds nothing where it passes on upgrades, whatever it buffers of requests', async () => {
      const found = await through(
        `${UPGRADE} proxy_buffering on; client_max_body_size 1k;`,
        '--idle',
        '1',
      );
      expect(Object.values(found).filter((one) => !/^(ok|skip)/.test(one))).toEqual([]);
      expect(found['upgrade']).toMatch(/through nginx/);
    });

    it('tells what to write where it does not pass on upgrades', async () => {
      const found = await through('', '--quick');
      expect(found['upgrade']).toMatch(/^fail: answered HTTP 4\d\d .*proxy_set_header Upgrade/);
    });

    it('tells of its time-out', async () => {
      const found = await through(`${UPGRADE} proxy_read_timeout 2s;`, '--idle', '6');
      expect(found['idle']).toMatch(/^fail: a connection that answers was ended after [2-5]\.\d s/);
      expect(found['idle']).toMatch(/proxy_read_timeout/);
    });
  },
);
