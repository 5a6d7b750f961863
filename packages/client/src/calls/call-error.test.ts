import { expect, test } from 'vitest';
import { start, startLive } from '../../tests/harness.js';
import { ScriptedServer, welcomeWith } from '../../tests/scripted-server.js';

const HELLO = { text: 'hello' };

test('of this client names the procedure, in its text too', async () => {
  const { chat } = start({}, new ScriptedServer());
  const aborted = chat.post(HELLO, { signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({
    code: 'CANCELLED',
    where: 'chat.post',
    message: 'chat.post: the caller withdrew',
  });
});

test('of a value that cannot be carried says where, and what is expected', async () => {
  const { chat } = await startLive();
  const text = (() => 1) as never as string;
  await expect(chat.post({ text })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    where: 'chat.post',
    message: 'chat.post: cannot carry a function at "text"',
    data: { issues: [{ path: ['text'], code: 'not_carried' }] },
  });
});

test('of a value that is too large names size and limit', async () => {
  const server = new ScriptedServer();
  server.welcome = welcomeWith({ valueInBytes: 1_000 });
  const { chat } = start({}, server);
  await expect(chat.post({ text: 'x'.repeat(1_000) })).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringMatching(
      /^chat\.post: the value has 10\d\d bytes: at most 1000 can be sent, limit "valueInBytes" of/,
    ) as string,
  });
});
