import { describe, expect, test } from 'vitest';
import { start, startLive } from '../../tests/harness.js';
import { ScriptedServer } from '../../tests/scripted-server.js';

describe('auth', () => {
  test('is asked before each connection', async () => {
    let count = 0;
    const { server, runtime, network } = await startLive({ auth: () => `token ${++count}` });
    expect(server.latest.last('HELLO').token).toBe('token 1');
    network.latest.cut();
    await runtime.advance(1_000);
    expect(server.latest.last('HELLO').token).toBe('token 2');
  });

  test('that gives nothing sends an empty token', async () => {
    const { server } = await startLive({ auth: async () => undefined });
    expect(server.latest.last('HELLO').token).toBe('');
  });

  test('is asked once more after 4401, and then the client is denied', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    let count = 0;
    const { runtime, client } = start({ auth: async () => `token ${++count}` }, server);
    await runtime.settle();
    server.latest.close('TOKEN', 'expired');
    await runtime.advance(0);
    expect(server.connections).toHaveLength(2);
    expect(server.latest.last('HELLO').token).toBe('token 2');
    server.latest.close('TOKEN', 'expired');
    await runtime.settle();
    expect(client.connection.state).toMatchObject({ status: 'denied', refusal: 'token' });
    expect(client.connection.state.reason).toContain('4401: expired');
    await expect(client.connection.live()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('that is a fixed token is not tried twice', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime, client } = start({ auth: 'fixed' }, server);
    await runtime.settle();
    server.latest.close('TOKEN');
    await runtime.settle();
    expect(client.connection.state).toMatchObject({ status: 'denied', refusal: 'token' });
  });

  test('is told why it is asked', async () => {
    const reasons: string[] = [];
    const auth = ({ reason }: { reason: string }) => `token ${reasons.push(reason)}`;
    const { server, runtime, network } = await startLive({ auth });
    network.latest.cut();
    await runtime.advance(1_000);
    server.latest.close('TOKEN', 'revoked');
    await runtime.advance(1_000);
    server.latest.close('SLOW');
    await runtime.advance(2_000);
    expect(reasons).toEqual(['first', 'resume', 'rejected', 'resume']);
  });

  test('is not asked again by who is not served, and the client says so', async () => {
    const reasons: string[] = [];
    const auth = ({ reason }: { reason: string }) => `token ${reasons.push(reason)}`;
    const { server, runtime, client } = await startLive({ auth });
    server.latest.close('REFUSED', 'revoked');
    await runtime.advance(60_000);
    expect(reasons).toEqual(['first']);
    expect(client.connection.state).toMatchObject({ status: 'denied', refusal: 'denied' });
  });

  test.each(['LEAVING', 'TOO_MUCH', 'DRAINING', 'SLOW', 'SESSION_GONE', 'HELLO_LATE'] as const)(
    'is asked again for the next attempt after %s, which refuses nothing',
    async (code) => {
      const server = new ScriptedServer();
      server.welcome = undefined;
      const reasons: string[] = [];
      const auth = ({ reason }: { reason: string }) => `token ${reasons.push(reason)}`;
      const { runtime, client } = start({ auth }, server);
      await runtime.settle();
      server.latest.close(code);
      await runtime.advance(1_000);
      expect(reasons).toEqual(['first', 'first']);
      expect(client.connection.state).not.toHaveProperty('refusal');
    },
  );

  test('may be renewed again after the new token was good', async () => {
    let count = 0;
    const { server, runtime, client } = await startLive({ auth: () => `token ${++count}` });
    for (let round = 2; round <= 4; round++) {
      await runtime.advance(10_000);
      server.latest.close('TOKEN');
      await runtime.advance(500);
      expect(client.connection.state.status).toBe('live');
      expect(server.latest.last('HELLO').token).toBe(`token ${round}`);
    }
  });

  test.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('no session');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no session')) as never],
    ['gives no string', () => 5 as never],
    ['gives a token that is too long', () => 'x'.repeat(4_097) as never],
  ])('that %s is reported and asked again', async (_, fail) => {
    let mayFail = true;
    const auth = () => (mayFail ? fail() : 'good');
    const { runtime, client, errors } = start({ auth });
    await runtime.settle();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(Error);
    expect(client.connection.state).toMatchObject({ status: 'waiting', attempt: 1 });
    expect(client.connection.state.reason).toMatch(/^auth failed: (no session|auth )/);
    mayFail = false;
    await runtime.advance(1_000);
    expect(client.connection.state.status).toBe('live');
  });

  test('that never answers is given up after 30 s, and its late token is not used', async () => {
    const answers: ((token: string) => void)[] = [];
    const auth = () => new Promise<string>((resolve) => answers.push(resolve));
    const { server, runtime, client, errors } = start({ auth });
    await runtime.advance(30_000);
    expect(client.connection.state.status).toBe('waiting');
    expect(String(errors[0])).toContain('30000 ms');
    await runtime.advance(1_000);
    answers[0]?.('late');
    await runtime.settle();
    expect(server.connections).toHaveLength(0);
    answers[1]?.('in time');
    await runtime.settle();
    expect(server.latest.last('HELLO').token).toBe('in time');
  });

  test('that answers when the client is closed connects nobody', async () => {
    let answer: (token: string) => void = () => {};
    const auth = () => new Promise<string>((resolve) => void (answer = resolve));
    const { server, runtime, client } = start({ auth });
    await runtime.settle();
    client.close();
    answer('late');
    await runtime.settle();
    expect(server.connections).toHaveLength(0);
  });
});
