import {
  readDescribed,
  writeDescribed,
  type ContractShape,
  type TopicCodec,
} from '@trunkline/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { decoded, ScriptedServer } from '../../tests/scripted-server.js';
import { SuperjsonImports } from '../../tests/superjson-imports.js';
import { createClient } from '../client.js';

const part = { write: writeDescribed, read: readDescribed };
const codec: TopicCodec = {
  receive: '00000000000000a2',
  message: part,
  send: '00000000000000a1',
  publish: part,
};
const members = { notes: { kind: 'topic', publish: 'client', paramNames: [], codec } } as const;
const typed: ContractShape = { name: 'typed', revision: '0123456789abcdef', members };

type Notes = () => { publish(text: string): Promise<unknown> };

test('publishes keep their order when some of them go again as superjson', async () => {
  const server = new ScriptedServer();
  const imports = new SuperjsonImports();
  const { runtime, network } = server;
  const options = { contracts: { typed }, dial: network.dial, runtime };
  const client = createClient('ws://test', options, { superjson: imports.superjson });
  onTestFinished(() => client.close());
  const loaded = imports.superjson.load();
  imports.arrive();
  await loaded;
  await runtime.settle();
  const { typed: methods } = client as unknown as { typed: { notes: Notes } };
  const publish = (text: string): void => {
    methods
      .notes()
      .publish(text)
      .catch(() => {});
  };
  publish('first');
  publish('second');
  await runtime.settle();
  server.latest.error(0, { code: 'LAYOUT' });
  await runtime.settle();
  publish('third');
  await runtime.settle();
  server.latest.error(2, { code: 'LAYOUT' });
  await runtime.settle();
  const plain = server.latest.all('CALL').filter(({ encoding }) => encoding === 2);
  const messages = plain.map((call) => (decoded(call) as { message: unknown }).message);
  expect(messages).toEqual(['first', 'second', 'third']);
});
