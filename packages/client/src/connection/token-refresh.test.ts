import { FEATURES } from '@trunkline/protocol';
import { describe, expect, test } from 'vitest';
import { start } from '../../tests/harness.js';
import { ScriptedServer, welcome } from '../../tests/scripted-server.js';
import type { AuthOption } from './token-source.js';

const LIFE_MS = 600_000;
const MINUTE_MS = 60_000;

/** A client whose token has an end, and what its `auth` was asked. */
async function startExpiring(
  auth: (reason: string, count: number) => ReturnType<Exclude<AuthOption, string>> = (_, count) =>
    `token ${count}`,
  change: Partial<Parameters<typeof welcome>[0]> = {},
  server = new ScriptedServer(),
) {
  const features = FEATURES.AUTH | FEATURES.RESUME;
  const kept = { secret: new Uint8Array(32), ttlMs: 120_000 };
  server.welcome = welcome({ features, expiresInMs: LIFE_MS, ...kept, ...change });
  const reasons: string[] = [];
  const harness = start({ auth: ({ reason }) => auth(reason, reasons.push(reason)) }, server);
  await harness.runtime.settle();
  const tokens = () =>
    server.connections.flatMap((one) => one.all('AUTH')).map(({ token }) => token);
  /** Lets time pass in which the server is heard. */
  const pass = async (ms: number) => {
    const { runtime } = harness;
    const end = runtime.now() + ms;
    while (runtime.now() < end) {
      if (server.latest.closedWith === undefined) server.latest.send({ kind: 'PING', value: 0 });
      await runtime.advance(Math.min(15_000, end - runtime.now()));
    }
  };
  return { ...harness, reasons, tokens, pass };
}

describe('a token that ends', () => {
  test('is renewed within the session at about 80 % of its life', async () => {
    const { server, client, reasons, tokens, pass } = await startExpiring();
    await pass(LIFE_MS * 0.75 - 1);
    expect(reasons).toEqual(['first']);
    await pass(LIFE_MS * 0.1);
    expect(reasons).toEqual(['first', 'expiring']);
    expect(tokens()).toEqual(['token 2']);
    server.latest.send({ kind: 'AUTHED', expiresInMs: LIFE_MS });
    await pass(LIFE_MS * 0.85);
    expect(tokens()).toEqual(['token 2', 'token 3']);
    expect(server.connections).toHaveLength(1);
    expect(client.connection.state.status).toBe('live');
  });

  test('is renewed by many clients at different times, all of them early enough', async () => {
    const times: number[] = [];
    for (const chance of [0, 0.5, 0.999]) {
      const server = new ScriptedServer();
      server.runtime.random = () => chance;
      const { runtime, pass, tokens } = await startExpiring(undefined, {}, server);
      await pass(LIFE_MS * 0.7);
      while (tokens().length === 0) await pass(1_000);
      times.push(Math.round(runtime.now() / 1_000));
    }
    expect(times).toEqual([450, 480, 510]);
  });

  test('is not renewed by a server that cannot, nor where nobody can give another one', async () => {
    const unable = await startExpiring(undefined, { features: 0 });
    await unable.pass(LIFE_MS);
    expect(unable.tokens()).toEqual([]);
    const server = new ScriptedServer();
    server.welcome = welcome({ features: FEATURES.AUTH, expiresInMs: LIFE_MS });
    const fixed = start({ auth: 'fixed' }, server);
    await fixed.runtime.advance(LIFE_MS);
    expect(fixed.server.latest.last('HELLO').features & FEATURES.AUTH).toBe(0);
    expect(fixed.server.latest.all('AUTH')).toEqual([]);
  });

  test('without an end is never renewed', async () => {
    const { tokens, pass } = await startExpiring(undefined, { expiresInMs: 0 });
    await pass(3_600_000);
    expect(tokens()).toEqual([]);
  });

  test('in years is waited for, though no timer is so long', async () => {
    const { tokens, client, pass } = await startExpiring(undefined, {
      expiresInMs: Number.MAX_SAFE_INTEGER,
    });
    await pass(MINUTE_MS);
    expect(tokens()).toEqual([]);
    expect(client.connection.state.status).toBe('live');
  });

  test('is asked for a few times when auth fails, each time told to the hook', async () => {
    let fails = true;
    const { errors, tokens, reasons, client, pass } = await startExpiring((reason) => {
      if (reason === 'expiring' && fails) throw new Error('no network');
      return 'good';
    });
    await pass(LIFE_MS * 0.99);
    const tries = errors.length;
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(12);
    expect(client.connection.state.status).toBe('live');
    fails = false;
    await pass(LIFE_MS * 0.01);
    expect(tokens()).toEqual(['good']);
    expect(reasons).toEqual(['first', ...Array.from({ length: tries + 1 }, () => 'expiring')]);
  });

  test.each([
    ['is too long', 'x'.repeat(4_097)],
    ['is no string', 7 as never],
  ])('is not replaced by one that %s, which is told to the hook', async (_, bad) => {
    const { errors, tokens, client, pass } = await startExpiring((reason) =>
      reason === 'expiring' ? bad : 'good',
    );
    await pass(LIFE_MS);
    expect(tokens()).toEqual([]);
    expect(errors.length).toBeGreaterThan(1);
    expect(errors[0]).toBeInstanceOf(TypeError);
    expect(client.connection.state.status).toBe('live');
  });

  test('is kept where auth gives none in its place', async () => {
    const { runtime, tokens, reasons, server, pass } = await startExpiring((reason) =>
      reason === 'expiring' ? undefined : 'good',
    );
    await pass(LIFE_MS);
    expect(tokens()).toEqual([]);
    expect(reasons.filter((reason) => reason === 'expiring').length).toBeGreaterThan(1);
    server.latest.close('TOKEN', 'expired');
    await runtime.advance(1_000);
    expect(reasons.at(-1)).toBe('rejected');
  });

  test('is renewed when a device wakes up, by the clock that did not stop', async () => {
    const { runtime, reasons } = await startExpiring();
    const wallNow = runtime.wallNow.bind(runtime);
    runtime.wallNow = () => wallNow() + LIFE_MS * 0.9;
    await runtime.advance(30_000);
    expect(reasons).toEqual(['first', 'expiring']);
  });

  test('that the server could not decide on is asked for again before the end', async () => {
    const { runtime, server, tokens, pass } = await startExpiring();
    await pass(LIFE_MS * 0.85);
    const left = LIFE_MS - runtime.now();
    server.latest.send({ kind: 'AUTHED', expiresInMs: left });
    await pass(left * 0.86);
    expect(tokens()).toEqual(['token 2', 'token 3']);
  });

  test('is not asked for in a hasty circle, whatever the server says', async () => {
    const { runtime, server, tokens } = await startExpiring(undefined, { expiresInMs: 1 });
    for (let count = 0; count < 20; count++) {
      await runtime.advance(500);
      server.latest.send({ kind: 'AUTHED', expiresInMs: 1 });
    }
    expect(tokens().length).toBeLessThanOrEqual(10);
  });

  test('is not renewed when the connection has ended, nor when the client was closed', async () => {
    const { network, client, reasons, pass } = await startExpiring();
    await pass(LIFE_MS / 2);
    network.isDown = true;
    network.latest.cut();
    await pass(LIFE_MS);
    expect(reasons.filter((reason) => reason === 'expiring')).toEqual([]);
    client.close();
    const count = reasons.length;
    await pass(LIFE_MS);
    expect(reasons).toHaveLength(count);
  });

  test('that comes after the connection was cut is not sent on the next one', async () => {
    let give: (token: string) => void = () => {};
    const { runtime, network, server, reasons, pass } = await startExpiring((reason) =>
      reason === 'expiring' ? new Promise<string>((resolve) => (give = resolve)) : 'good',
    );
    await pass(LIFE_MS * 0.85);
    expect(reasons.at(-1)).toBe('expiring');
    network.latest.cut();
    await runtime.advance(1_000);
    give('late');
    await runtime.settle();
    expect(server.connections).toHaveLength(2);
    expect(server.connections.flatMap((one) => one.all('AUTH'))).toEqual([]);
  });
});

describe('AUTHED', () => {
  test('means nothing when nothing was asked', async () => {
    const { runtime, server, client, tokens } = await startExpiring();
    server.latest.send({ kind: 'AUTHED', expiresInMs: 1_000 });
    await runtime.advance(10_000);
    expect(tokens()).toEqual([]);
    expect(client.connection.state.status).toBe('live');
  });

  test('closes with 4400 where it cannot have been asked for', async () => {
    const server = new ScriptedServer();
    const { runtime, client } = start({}, server);
    await runtime.settle();
    server.latest.send({ kind: 'AUTHED', expiresInMs: 1_000 });
    await runtime.settle();
    expect(server.latest.closedWith).toMatchObject({ code: 4400 });
    expect(client.connection.state.status).toBe('closed');
  });

  test('closes with 4400 before WELCOME', async () => {
    const server = new ScriptedServer();
    server.welcome = undefined;
    const { runtime } = start({ auth: () => 'token' }, server);
    await runtime.settle();
    server.latest.send({ kind: 'AUTHED', expiresInMs: 1_000 });
    await runtime.settle();
    expect(server.latest.closedWith).toMatchObject({ code: 4400 });
  });
});
