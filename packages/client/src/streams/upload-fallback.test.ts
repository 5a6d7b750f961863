import {
  readDescribed,
  writeDescribed,
  type ContractShape,
  type ProcedureCodec,
} from '@trunkline/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { decoded, ScriptedServer } from '../../tests/scripted-server.js';
import { SuperjsonImports } from '../../tests/superjson-imports.js';
import { createClient } from '../client.js';

const part = { write: writeDescribed, read: readDescribed };
const codec: ProcedureCodec = {
  send: '00000000000000a1',
  receive: '00000000000000a2',
  input: part,
  up: part,
  output: part,
};
const upload = { kind: 'stream', hasUp: true, hasDown: false, hasOutput: true, codec } as const;
const members = { sum: upload, other: upload };
const typed: ContractShape = { name: 'typed', revision: '0123456789abcdef', members };

type Sum = (input: unknown, items: Iterable<number> | AsyncIterable<number>) => Promise<unknown>;

function setup() {
  const server = new ScriptedServer();
  const imports = new SuperjsonImports();
  const { runtime, network } = server;
  const options = { contracts: { typed }, dial: network.dial, runtime };
  const client = createClient('ws://test', options, { superjson: imports.superjson });
  onTestFinished(() => client.close());
  const { typed: methods } = client as unknown as { typed: { sum: Sum; other: Sum } };
  return { server, imports, runtime, network, ...methods };
}

test('an upload that is refused for its layout keeps its items over a cut', async () => {
  const { server, imports, runtime, network, sum } = setup();
  await runtime.settle();
  const output = sum({}, [1, 2, 3]);
  await runtime.settle();
  expect(server.latest.all('ITEM')).toHaveLength(3);
  server.latest.error(0, { code: 'LAYOUT', executed: 'no' });
  await runtime.settle();
  network.latest.cut();
  await runtime.advance(1_000);
  expect(server.connections).toHaveLength(2);
  server.latest.error(0, { code: 'LAYOUT', executed: 'no' });
  await runtime.settle();
  imports.arrive();
  await runtime.settle();
  const plain = server.latest.all('ITEM').filter(({ encoding }) => encoding === 2);
  expect(plain.map(decoded)).toEqual([1, 2, 3]);
  server.latest.end(0, 6);
  expect(await output).toBe(6);
});

test('an upload fails when its layout is refused after items were taken', async () => {
  const { server, imports, runtime, sum } = setup();
  await runtime.settle();
  const failed = sum({}, [1, 2, 3]).catch((error: unknown) => error);
  await runtime.settle();
  server.latest.send({ kind: 'CREDIT', id: 0, items: 32, bytes: 65_536 });
  server.latest.error(0, { code: 'LAYOUT', executed: 'no' });
  await runtime.settle();
  imports.arrive();
  await runtime.settle();
  expect(await failed).toMatchObject({ code: 'STREAM_LOST' });
});

test.each(['an item', 'its end'])(
  'an upload that waits to go again does not send %s under the id it had',
  async (what) => {
    const { server, runtime, sum, other } = setup();
    let goOn = (): void => {};
    async function* slow(): AsyncGenerator<number> {
      yield 1;
      await new Promise<void>((resolve) => (goOn = resolve));
      if (what === 'an item') yield 2;
    }
    async function* open(): AsyncGenerator<number> {
      yield 3;
      await new Promise(() => {});
    }
    await runtime.settle();
    const ended = (): string => 'ended';
    const first = sum({}, slow()).catch(ended);
    await runtime.settle();
    server.latest.error(0, { code: 'LAYOUT', executed: 'no' });
    await runtime.settle();
    const second = other({}, open()).catch(ended);
    await runtime.settle();
    // The smallest free id is the next one's.
    expect(server.latest.last('CALL').id).toBe(0);
    const before = server.latest.received.length;
    goOn();
    await runtime.settle();
    expect(server.latest.received.slice(before)).toEqual([]);
    expect([first, second]).toHaveLength(2);
  },
);

test('an upload that goes again has no item without credit that was asked for before', async () => {
  const { server, runtime, imports, sum } = setup();
  let goOn = (): void => {};
  async function* slow(): AsyncGenerator<string> {
    yield 'a'.repeat(10_000);
    yield 'b'.repeat(6_370);
    await new Promise<void>((resolve) => (goOn = resolve));
    yield 'c';
  }
  await runtime.settle();
  const output = sum({}, slow() as unknown as AsyncIterable<number>);
  await runtime.settle();
  const sent = server.latest.all('ITEM');
  expect(sent).toHaveLength(2);
  server.latest.error(0, { code: 'LAYOUT', executed: 'no' });
  await runtime.settle();
  imports.arrive();
  await runtime.settle();
  goOn();
  await runtime.settle();
  const plain = () => server.latest.all('ITEM').filter(({ encoding }) => encoding === 2);
  expect(plain()).toHaveLength(2);
  server.latest.send({ kind: 'CREDIT', id: 0, items: 32, bytes: 65_536 });
  await runtime.settle();
  expect(plain().map(decoded)).toEqual(['a'.repeat(10_000), 'b'.repeat(6_370), 'c']);
  server.latest.end(0, 3);
  expect(await output).toBe(3);
});
