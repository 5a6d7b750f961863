import {
  readDescribed,
  writeDescribed,
  type ContractShape,
  type ProcedureCodec,
} from '@trunkline/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { outcomeOf, startLive } from '../../tests/harness.js';
import { decoded, ScriptedServer } from '../../tests/scripted-server.js';
import { startWithImports, SuperjsonImports } from '../../tests/superjson-imports.js';
import type { CallMethod } from '../index.js';
import { createClient } from '../client.js';

describe('the loader', () => {
  test('loads the code once, however many ask', async () => {
    const imports = new SuperjsonImports();
    const { superjson } = imports;
    const all = [superjson.load(), superjson.load()];
    expect(superjson.code).toBeUndefined();
    imports.arrive();
    await Promise.all(all);
    await superjson.load();
    expect(imports.count).toBe(1);
    expect(superjson.code).toHaveProperty('encodePayload');
  });

  test('tries again at the next need when the code did not come', async () => {
    const imports = new SuperjsonImports();
    const failed = imports.superjson.load();
    imports.fail();
    await expect(failed).rejects.toThrow('no such chunk');
    const second = imports.superjson.load();
    imports.arrive();
    await second;
    expect(imports.count).toBe(2);
  });
});

describe('a call whose layout is not known', () => {
  test('waits for the code, and sends the value as it was at the call', async () => {
    const { server, runtime, chat, imports } = await startWithImports();
    const input = {
      text: 'a',
      at: new Date(0),
      url: new URL('http://a/'),
      nested: { list: [1n, new Map([['k', new Set([1])]])], bytes: new Uint8Array([1]) },
    };
    const expected = structuredClone({ ...input, url: undefined });
    const posted = chat.post(input);
    input.text = 'b';
    input.at.setTime(1);
    input.url.pathname = '/b';
    input.nested.list.push(2n);
    input.nested.bytes[0] = 2;
    await runtime.settle();
    expect(server.latest.all('CALL')).toEqual([]);
    imports.arrive();
    await runtime.settle();
    expect(server.latest.input).toEqual({ ...expected, url: new URL('http://a/') });
    server.latest.result(0, new Date(5));
    await expect(posted).resolves.toEqual(new Date(5));
  });

  test('needs no code where nothing or bytes are sent, and passes those that wait', async () => {
    const { server, runtime, chat, imports } = await startWithImports();
    const posted = chat.post({ text: 'a' });
    const pinged = chat.ping();
    await runtime.settle();
    expect(server.latest.all('BIND').map(({ name }) => name)).toEqual(['chat.ping']);
    server.latest.result(0);
    await pinged;
    imports.arrive();
    await runtime.settle();
    server.latest.result(0, new Date(0));
    await posted;
    expect(imports.count).toBe(1);
  });

  test('fails with UNAVAILABLE, executed no, when the code cannot be had, and loads it again', async () => {
    const { server, runtime, chat, imports } = await startWithImports();
    const first = chat.post({ text: 'a' });
    await runtime.settle();
    imports.fail();
    await expect(first).rejects.toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
    const second = chat.post({ text: 'b' });
    await runtime.settle();
    imports.arrive();
    await runtime.settle();
    expect(server.latest.input).toEqual({ text: 'b' });
    server.latest.result(0, new Date(0));
    await second;
    expect(imports.count).toBe(2);
  });

  test('is not failed by a load that began before it', async () => {
    const { runtime, chat, imports } = await startWithImports();
    let failures = 0;
    const start = (): (() => void) => {
      const error = (): void => {
        failures++;
        stop = start();
      };
      return chat.history({ room: 'a' }).subscribe({ error });
    };
    let stop = start();
    await runtime.settle();
    imports.fail();
    await runtime.settle();
    expect(failures).toBe(1);
    expect(imports.count).toBe(2);
    stop();
  });

  test('keeps its deadline while it waits', async () => {
    const { server, runtime, chat } = await startWithImports();
    const posted = chat.post({ text: 'a' }, { deadlineMs: 50 });
    await Promise.all([
      expect(posted).rejects.toMatchObject({ code: 'DEADLINE', executed: 'no' }),
      runtime.advance(50),
    ]);
    expect(server.latest.all('CALL')).toEqual([]);
  });

  test('fails with INVALID_INPUT for what cannot be carried, a cycle included', async () => {
    const { runtime, chat, imports } = await startWithImports();
    const cycle: { text: string; self?: unknown } = { text: 'a' };
    cycle.self = cycle;
    const shared = Array.from({ length: 30 }).reduce<object>((part) => ({ a: part, b: part }), {});
    const calls = [cycle, { text: 'a', shared }, { text: 'a', fn: () => {} }].map((input) => {
      return expect(chat.post(input)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    });
    await runtime.settle();
    imports.arrive();
    await Promise.all(calls);
  });

  test('counts towards what may wait to be written', async () => {
    const imports = new SuperjsonImports();
    const { chat, runtime, client } = await startLive({
      superjson: imports.superjson,
      limits: { outboxBytes: 1_000 },
    });
    const first = chat.post({ text: 'x'.repeat(600) });
    const second = chat.post({ text: 'x'.repeat(600) });
    await expect(second).rejects.toMatchObject({ code: 'BACKPRESSURE', executed: 'no' });
    await runtime.settle();
    client.close();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('is sent on the next connection when its own is cut before the code comes', async () => {
    const { server, network, runtime, chat, imports } = await startWithImports();
    const posted = chat.post({ text: 'a' });
    await runtime.settle();
    network.latest.cut();
    await runtime.settle();
    imports.arrive();
    await runtime.advance(1_000);
    expect(server.latest.input).toEqual({ text: 'a' });
    server.latest.result(0, new Date(0));
    await posted;
  });
});

test('a stream whose layouts are not known opens when the code is there', async () => {
  const { server, runtime, chat, imports } = await startWithImports();
  const all: string[] = [];
  const stop = chat.echo({ loud: true }, ['a', 'b']).subscribe({ item: (item) => all.push(item) });
  await runtime.settle();
  expect(server.latest.all('CALL')).toEqual([]);
  imports.arrive();
  await runtime.settle();
  expect(server.latest.all('ITEM').map(decoded)).toEqual(['a', 'b']);
  server.latest.item(0, 'A');
  server.latest.end(0);
  await runtime.settle();
  expect(all).toEqual(['A']);
  stop();
});

const CODEC: ProcedureCodec = {
  send: '00000000000000a1',
  receive: '00000000000000a2',
  input: { write: writeDescribed, read: readDescribed },
  output: { read: readDescribed },
};

/** A client whose one call has a layout. */
async function startPacked() {
  const server = new ScriptedServer();
  const imports = new SuperjsonImports();
  const { runtime, network } = server;
  const members = { add: { kind: 'call', codec: CODEC } } as const;
  const typed: ContractShape = { name: 'typed', revision: '0123456789abcdef', members };
  const options = { contracts: { typed }, dial: network.dial, runtime };
  const client = createClient('ws://test', options, { superjson: imports.superjson });
  onTestFinished(() => client.close());
  await runtime.settle();
  const { add } = (client as unknown as { typed: { add: CallMethod<unknown, unknown> } }).typed;
  return { server, runtime, imports, add };
}

describe('a call whose layout the server does not have', () => {
  test('loads the code only then, and goes again as superjson', async () => {
    const { server, runtime, imports, add } = await startPacked();
    const input = { n: 1 };
    const added = add(input);
    input.n = 2;
    await runtime.settle();
    expect(server.latest.last('CALL').encoding).toBe(1);
    expect(imports.count).toBe(0);
    server.latest.error(0, { code: 'LAYOUT' });
    await runtime.settle();
    expect(server.latest.all('CALL')).toHaveLength(1);
    expect(imports.count).toBe(1);
    imports.arrive();
    await runtime.settle();
    expect(server.latest.all('CALL')).toHaveLength(2);
    expect(server.latest.input).toEqual({ n: 1 });
    server.latest.result(0, 3);
    await expect(added).resolves.toBe(3);
  });

  test('fails with UNAVAILABLE, executed no, when the code cannot be had', async () => {
    const { server, runtime, imports, add } = await startPacked();
    const added = add({ n: 1 });
    await runtime.settle();
    server.latest.error(0, { code: 'LAYOUT' });
    await runtime.settle();
    imports.fail();
    await expect(added).rejects.toMatchObject({ code: 'UNAVAILABLE', executed: 'no' });
  });
});

test('a call that was withdrawn before its code came is not sent', async () => {
  const { server, runtime, chat, imports } = await startWithImports();
  const controller = new AbortController();
  const posted = chat.post({ text: 'a' }, { signal: controller.signal });
  await runtime.settle();
  expect(await outcomeOf(posted)).toBe('pending');
  controller.abort();
  await expect(posted).rejects.toMatchObject({ code: 'CANCELLED', executed: 'no' });
  imports.arrive();
  await runtime.settle();
  expect(server.latest.all('CALL')).toEqual([]);
});
