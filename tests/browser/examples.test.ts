import { connect, TrunklineError, type ErrorCode, type Executed } from '@trunkline/client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request as requestSecurely } from 'node:https';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { failureText } from '../../examples/chat/page/failure-text.js';
import { PersonName } from '../../examples/chat/src/door.contract.js';
import type { Room } from '../../examples/chat/src/generated/chat.client.js';
import { MessageText } from '../../examples/chat/src/message-text.js';
import { HOUSE, Names } from '../../examples/chat/src/names.js';
import { EchoClient } from '../../examples/echo/src/generated/echo.client.js';
import { findProgram } from '../../examples/plain-server/src/system-program.js';
import { connectChat, newToken } from './support/chat-visitor.js';
import { startExample } from './support/example.js';
import { poll } from './support/poll.js';

const EXAMPLES = ['echo', 'chat', 'transports', 'plain-server', 'observed'];
const WITH_PAGE = EXAMPLES.slice(0, -1);
/** Other tests run beside these. */
const SLOW = 60_000;
const missing = findProgram('openssl') === undefined ? ', which needs openssl' : '';

describe.each(EXAMPLES)('the example %s', { timeout: SLOW }, (name) => {
  it.for(['http', '-1', '1e3', '70000'])('says what is wrong with PORT "%s"', async (PORT) => {
    // Before the page is built, of which Vite would tell.
    const { code, lines } = await run(name, { PORT }, buildOf(name));
    expect(lines).toEqual([
      expect.stringMatching(`^PORT is "${PORT}": expected a number from 0 to`),
    ]);
    expect(code).toBe(1);
  });

  it('says what it can be told', async () => {
    const help = await run(name, {}, ['--help', ...buildOf(name)]);
    expect(help.lines[0]).toBe(`npm run example:${name} -- [argument]`);
    expect(help.lines).toContainEqual(expect.stringMatching(/^ {2}PORT=9000 +another port than /));
    expect(help.code).toBe(0);
    const { code, lines } = await run(name, {}, [...buildOf(name), '--hlep']);
    expect(lines).toEqual([
      expect.stringMatching(/^unknown argument "--hlep": expected .*--help$/),
    ]);
    expect(code).toBe(1);
  });

  it('says that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, lines } = await run(name, { PORT: String(port) }, buildOf(name));
    server.close();
    expect(lines).toEqual([
      `cannot listen on port ${port}: it is taken; choose another one by PORT, or 0 for a free one`,
    ]);
    expect(code).toBe(1);
  });
});

describe('the examples', () => {
  it.each(['read-start.ts', 'build-page.ts'])('have the same %s', async (file) => {
    const folders = file === 'build-page.ts' ? WITH_PAGE : EXAMPLES;
    const paths = folders.map((name) => `${folderOf(name)}src/${file}`);
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    expect(new Set(texts).size).toBe(1);
  });
});

describe('the pages of the examples', () => {
  it.each(['echo', 'chat', 'transports'])('are only read: %s', { timeout: SLOW }, async (name) => {
    await using example = await startExample(name);
    const statusOf = async (method: string) => (await fetch(example.url, { method })).status;
    expect([await statusOf('GET'), await statusOf('HEAD')]).toEqual([200, 200]);
    expect([await statusOf('POST'), await statusOf('DELETE')]).toEqual([405, 405]);
  });
});

describe('the server of the transports', () => {
  it(
    'lives on when the network is cut under an upgrade that nobody takes',
    { timeout: SLOW },
    async () => {
      await using example = await startExample('transports');
      for (const path of ['/', '/ticks/./trunkline', '//host/ticks/trunkline']) {
        await using taken = await openSocket(example.port);
        taken.socket.write(
          `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n`,
        );
        await taken.closed;
        expect(taken.text()).toMatch(/^HTTP\/1\.1 404 /);
      }
      await using hanging = await openSocket(example.port);
      hanging.socket.write('GET /ticks/trunkline HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n');
      expect((await fetch(`${example.url}/cut`, { method: 'POST' })).status).toBe(200);
      await hanging.closed;
      const isBack = () =>
        fetch(example.url).then(
          ({ ok }) => ok,
          () => false,
        );
      expect(await poll(isBack, 10_000)).toBe(true);
    },
  );

  it(
    'ends soon, with a connection that says nothing and while it is late',
    { timeout: SLOW },
    async () => {
      const example = await startExample('transports');
      await using silent = await openSocket(example.port);
      await fetch(`${example.url}/late`, { method: 'POST' });
      const isLate = () =>
        fetch(example.url, { signal: AbortSignal.timeout(200) }).then(
          () => false,
          () => true,
        );
      expect(await poll(isLate, 10_000)).toBe(true);
      const startedAt = performance.now();
      await example.stop();
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(silent.text()).toBe('');
    },
  );

  it('is disturbed by its own page only', { timeout: SLOW }, async () => {
    await using example = await startExample('transports');
    const disturb = async (name: string, origin: string) => {
      const options = { method: 'POST', headers: { origin } };
      return (await fetch(`${example.url}/${name}`, options)).status;
    };
    for (const name of ['late', 'cut']) {
      for (const origin of ['http://localhost:1', 'https://a.example', 'null']) {
        expect(await disturb(name, origin)).toBe(403);
      }
    }
    expect(await disturb('cut', example.url)).toBe(200);
  });
});

describe.skipIf(missing !== '')(`the plain server${missing}`, () => {
  it(
    'ends soon, with a connection that has not even begun with TLS',
    { timeout: SLOW },
    async () => {
      const example = await startExample('plain-server');
      await using silent = await openSocket(example.port);
      await example.stop();
      expect(silent.text()).toBe('');
    },
  );

  it('leaves no keys behind when its start is interrupted', { timeout: SLOW }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-examples-'));
    const { child, ended } = start('plain-server', { PORT: '0', TMPDIR: folder });
    expect(await poll(async () => (await readdir(folder)).length > 0, 10_000)).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 0, lines: [] });
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('says nothing about itself to a request that cannot be read', { timeout: SLOW }, async () => {
    await using example = await startExample('plain-server');
    const { port } = example;
    const answer = await ask({ port, method: 'POST', path: '/api/articles/%ff/delivery' });
    expect(answer).toEqual({ status: 400, text: 'the request cannot be read\n' });
    expect((await ask({ port, method: 'GET', path: '/%ff' })).text).not.toContain('/express');
    expect((await ask({ port, method: 'POST', path: '/' })).status).toBe(405);
  });
});

describe('the echo', () => {
  it('prints what others say so that it stays one line', { timeout: SLOW }, async () => {
    await using example = await startExample('echo');
    const socket = new WebSocket(`ws://localhost:${example.port}`, 'trunkline.v1.superjson');
    await once(socket, 'open');
    socket.send(Uint8Array.of(0, 1, 4, 0, 0, 0, 0));
    await example.see(/^opened /);
    socket.close(4999, 'x\nopened \u001b[2J\u009b\u202e');
    await example.see(/^closed /);
    const closed = example.lines.at(-1);
    expect(closed).toBe(
      String.raw`closed 1 by the client with 4999 ("x\nopened \u001b[2J\u{9b}\u{202e}")`,
    );
  });

  it('goes on without a console', { timeout: SLOW }, async () => {
    await using example = await startExample('echo');
    example.end();
    const url = `ws://localhost:${example.port}`;
    for (const text of ['one', 'two']) {
      const client = connect(url, { services: { echo: EchoClient } });
      expect(await client.echo.say({ text })).toBe(`Echo: ${text}`);
      client.close();
      await example.see(/^closed /);
    }
    expect(example.lines).not.toContain('stopped');
  });
});

describe('the chat', () => {
  it('takes names that can be seen, of one script', () => {
    const given = [
      'Ada',
      'e\u0301e',
      'Łukasz',
      'हिन्दी',
      'नमस्ते',
      'ひらがなカタカナ',
      '서울',
      'שרה 2',
      "O'Neil Jr.",
    ];
    for (const name of given) expect(PersonName.parse(name)).toBe(name.normalize('NFC'));
    const invisible = ['\u3164\u3164', '\uffa0a', 'a\u200bb', 'a\u202eb', 'a\u00adb', 'a\u180fb'];
    const mixed = ['\u0422runkline', 'Ad\u0430', 'αda', 'Ada\u0969', 'a\u{1d41a}b'];
    const others = [
      '😀😀',
      '<b>',
      'a\u0000b',
      'a',
      '',
      '-ab',
      `a${'\u0301'.repeat(5)}b`,
      'x'.repeat(25),
    ];
    for (const name of [...invisible, ...mixed, ...others]) {
      expect(PersonName.safeParse(name).success, JSON.stringify(name)).toBe(false);
    }
  });

  it('keeps its own name from those who look like it', () => {
    const names = new Names();
    for (const name of [
      HOUSE,
      'TRUNKLINE',
      'Ｔrunkline',
      'Trunk1ine',
      'TrunkIine',
      'Trünk Line',
      'trunkline 2',
    ]) {
      expect(names.claim('ada', name), name).toBe(false);
    }
    expect(names.similar(HOUSE)).toBe('Guest 2');
    expect(names.claim('ada', 'Trunk')).toBe(true);
    expect(names.claim('bob', 'TRUNK')).toBe(false);
  });

  it('takes texts without what steers others, and none that is nothing', () => {
    const text = ' \u202e<b>\u2067שלום\u0000\u001b[2J\r\n\tend\u2069 ';
    expect(MessageText.parse(text)).toBe('<b>שלום[2J\n\tend');
    for (const nothing of ['', ' \n', '\u200b', '\u202e\u0007', '\u3164', '\u2800 \ufeff']) {
      const { error } = MessageText.safeParse(nothing);
      expect(error?.issues[0]?.message, JSON.stringify(nothing)).toBe('Write something first.');
    }
  });

  it('has one pace for a person, whatever the sessions', { timeout: SLOW }, async () => {
    await using example = await startExample('chat');
    const token = newToken('Pat');
    const post = async (text: string, options: { deadlineMs?: number } = {}) => {
      using client = connectChat(example.port, token);
      const result = await client.chat.post.safe({ room: 'lobby', text }, options);
      return result.ok ? 'posted' : result.error.code;
    };
    for (const text of ['1', '2', '3', '4', '5']) expect(await post(text)).toBe('posted');
    expect(await post('6', { deadlineMs: 300 })).toBe('RATE');
    // With time enough it is not refused: it waits for its turn.
    expect(await post('6')).toBe('posted');
  });

  it('has a text once that was sent twice', { timeout: SLOW }, async () => {
    await using example = await startExample('chat');
    using client = connectChat(example.port, newToken('Pat'));
    const texts: string[] = [];
    const lobby = client.chat.messages({ room: 'lobby' }).subscribe({
      message: ({ text }) => void texts.push(text),
    });
    await expect.poll(() => lobby.state.status).toBe('live');
    const idempotencyKey = 'a'.repeat(32);
    await client.chat.post({ room: 'lobby', text: 'once' }, { idempotencyKey });
    await client.chat.post({ room: 'lobby', text: 'once' }, { idempotencyKey });
    await client.chat.post({ room: 'lobby', text: 'last' });
    await expect.poll(() => texts).toContain('last');
    expect(texts).toEqual(['once', 'last']);
  });

  it('says in words what became of something that failed', () => {
    const fail = (code: ErrorCode, executed: Executed) =>
      failureText(new TrunklineError(code, 'it broke', { executed }), 'sent');
    expect(fail('DEADLINE', 'no')).toBe(
      'Not sent: no answer came in time. Try again when you like.',
    );
    expect(fail('DEADLINE', 'unknown')).toBe(
      'Perhaps sent: no answer came in time. Try again: it will not be sent twice.',
    );
    expect(fail('NOT_FOUND', 'yes')).toBe('Not sent: it broke. Try again when you like.');
    expect(fail('INTERNAL', 'yes')).toMatch(/^Perhaps sent: it broke\./);
  });

  it('gives a person three rooms, which go when nobody is there', { timeout: SLOW }, async () => {
    await using example = await startExample('chat', { EMPTY_SECONDS: '1' });
    using client = connectChat(example.port, newToken('Ada'));
    let rooms: readonly string[] = [];
    const show = (list: readonly Room[]) => void (rooms = list.map(({ name }) => name));
    client.chat.rooms().subscribe({ snapshot: show, message: show });
    for (const name of ['one', 'two', 'three']) await client.chat.createRoom({ name });
    const inTwo = client.chat.people({ room: 'two' })[Symbol.asyncIterator]();
    expect(await inTwo.next()).toMatchObject({ value: ['Ada'] });
    const fourth = await client.chat.createRoom.safe({ name: 'four' });
    expect(fourth).toMatchObject({ ok: false, error: { code: 'TOO_MANY_OF_YOURS' } });
    const FIRST = ['lobby', 'garden', 'attic'];
    await expect.poll(() => rooms, { timeout: 10_000 }).toEqual([...FIRST, 'two']);
    await inTwo.return?.();
    await expect.poll(() => rooms, { timeout: 10_000 }).toEqual(FIRST);
    expect(await client.chat.createRoom({ name: 'four' })).toMatchObject({ name: 'four' });
  });
});

/** A program with what it has said. */
interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

function folderOf(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}/`, import.meta.url));
}

/** As `npm start` says it. */
function buildOf(name: string): readonly string[] {
  return WITH_PAGE.includes(name) ? ['--build'] : [];
}

type Variables = Readonly<Record<string, string>>;

function start(name: string, env: Variables, args: readonly string[] = []) {
  const child = spawn(process.execPath, ['dist/main.js', ...args], {
    cwd: folderOf(name),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  const ended = once(child, 'close').then(([code]): Ended => ({
    code,
    lines: text.split('\n').filter((line) => line !== ''),
  }));
  return { child, ended };
}

async function run(name: string, env: Variables, args: readonly string[]): Promise<Ended> {
  return start(name, env, args).ended;
}

async function openSocket(port: number) {
  const socket: Socket = connectTcp(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += data.toString()));
  // A reset is one of the ways in which a server may end it.
  socket.on('error', () => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  return {
    socket,
    closed,
    text: () => text,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

/** Asks a server whose certificate nobody knows. */
function ask(options: { port: number; method: string; path: string }) {
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const asked = requestSecurely(
      { ...options, host: '127.0.0.1', agent: false, rejectUnauthorized: false },
      (response) => {
        let text = '';
        response.on('data', (piece) => (text += String(piece)));
        response.once('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    asked.once('error', reject).end();
  });
}
