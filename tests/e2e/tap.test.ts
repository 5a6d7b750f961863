import { createTopics } from '@trunkline/server';
import { SUBPROTOCOLS } from '@trunkline/protocol';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { TempProject } from '../../packages/codegen/tests/temp-project.js';
import { chatService, createProbe } from '../support/chat-service.js';
import { chat } from '../support/chat.js';
import { startRelay } from '../support/relay.js';
import { Tapped, TOKEN } from '../support/tapped.js';
import { ToolTerminal } from '../support/tool-terminal.js';

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

it('reads packed values with the contracts of the config, and of others only the size', async () => {
  const contractFile = fileURLToPath(new URL('../support/chat.ts', import.meta.url));
  await using project = await TempProject.create({
    'package.json': '{ "type": "module" }',
    'trunkline.config.json': JSON.stringify({ contracts: contractFile, client: 'out' }),
  });
  await using empty = await TempProject.create({ 'package.json': '{ "type": "module" }' });
  const folders = [
    [project, /CALL +chat\.post #0 \{ room: 'lobby', text: 'hello' \} .*encoding=packed/],
    [empty, /CALL +chat\.post #0 \(packed, \d+ bytes; no contract here has "chat\.post"\)/],
    [empty, /CALL +chat\.post #0 \(packed [0-9a-f]+…?, \d+ bytes; no contract/, '--unmask'],
  ] as const;
  for (const [{ folder }, expected, ...more] of folders) {
    const terminal = new ToolTerminal({ cwd: folder });
    await using tapped = await Tapped.open(['--packed', ...more], {}, terminal);
    await tapped.connect().chat.post({ room: 'lobby', text: 'hello' });
    expect(await tapped.terminal.line(/CALL +chat\.post/)).toMatch(expected);
    expect(tapped.of('OPEN')[0]).toContain(SUBPROTOCOLS.packed);
    expect(terminal.text.includes('no trunkline.config.ts here')).toBe(folder === empty.folder);
  }
});

it('lets nothing of a peer act on the terminal', async () => {
  await using tapped = await Tapped.open();
  await tapped.connect().chat.echo('\u001b[31m\u009b2J\u202eevil\u2028\n');
  await tapped.terminal.line(/RESULT/);
  // oxlint-disable-next-line no-control-regex
  expect(tapped.terminal.lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
});
