import { expect, test } from 'vitest';
import { ChatClient } from '../tests/chat-service.js';
import { ScriptedServer } from '../tests/scripted-server.js';
import { connect } from './index.js';

test('calls a procedure and gives its output', async () => {
  const server = new ScriptedServer();
  const { runtime, network } = server;
  const client = connect('ws://test', { services: { chat: ChatClient }, dial: network.dial, runtime });
  const posted = client.chat.post({ text: 'hello' });
  await runtime.settle();
  expect(server.latest.received.map(({ kind }) => kind)).toEqual(['HELLO', 'BIND', 'CALL']);
  expect(server.latest.input).toEqual({ text: 'hello' });
  server.latest.result(0, new Date(5));
  await expect(posted).resolves.toEqual(new Date(5));
  client.close();
  await runtime.settle();
  expect(runtime.timers).toBe(0);
});
