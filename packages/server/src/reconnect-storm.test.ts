import { encodeBatch, Writer } from '@trunkline/protocol';
import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { RawPeer, upgradeRequest } from '../tests/raw-peer.js';
import { resolveServerLimits } from './limits/limits.js';
import { createServer } from './server.js';
import type { Identity } from './session.js';
import { Admission, Place } from './upgrade/admission.js';

const HELLO = encodeBatch(new Writer(), {}, [
  { kind: 'HELLO', features: 0, agent: 'storm', token: 'x', revisions: [] },
]).slice();

describe('a storm of reconnects', () => {
  it('is let in as fast as strangers may come, and the rest is told when to come back', async () => {
    const runtime = new VirtualRuntime();
    const admission = new Admission(runtime, resolveServerLimits({}));
    const attempt = (n: number) => admission.admit(`203.0.113.${n % 256}`);
    const storm = Array.from({ length: 10_000 }, (_, n) => attempt(n));
    const places = storm.filter((one) => one instanceof Place);
    expect(places).toHaveLength(1_000);
    expect(storm.find((one) => !(one instanceof Place))).toMatchObject({ status: 503 });
    // They are authenticated, and others come; then it is their rate that counts.
    for (const place of places) place.authenticated();
    let more = 0;
    for (let n = 0; n < 9_000; n++) {
      const one = attempt(n);
      if (!(one instanceof Place)) continue;
      one.authenticated();
      places.push(one);
      more++;
    }
    expect(more).toBe(3_000);
    expect(attempt(1)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
    await runtime.advance(1_000);
    expect(attempt(1)).toBeInstanceOf(Place);
    for (const place of places) place.release();
    await runtime.advance(60_000);
    expect(admission.addresses).toBe(1);
    admission.stop();
    expect(runtime.timers).toBe(0);
  });

  it('has no more clients authenticated at a time than may be', async () => {
    const waiting: ((identity: Identity) => void)[] = [];
    let asked = 0;
    const server = createServer({
      authenticate: () => {
        asked++;
        return new Promise((resolve) => waiting.push(resolve));
      },
      services: [],
      limits: { socketsPending: 400, authRunning: 100, helloMs: 60_000, authMs: 60_000 },
    });
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const peers = await Promise.all(Array.from({ length: 600 }, () => RawPeer.connect(port)));
    for (const peer of peers) peer.socket.write(upgradeRequest());
    const answers = await Promise.all(peers.map((peer) => peer.answer()));
    const isIn = (answer: string): boolean => answer.startsWith('HTTP/1.1 101 ');
    const refused = answers.filter((answer) => !isIn(answer));
    expect(refused).toHaveLength(200);
    for (const answer of refused)
      expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nretry-after: 5\r\n/);
    const inside = peers.filter((_, n) => isIn(answers[n] as string));
    for (const peer of inside) peer.send({ first: 0x82, payload: HELLO });
    // One after the other lets the next in, and never are there more than a hundred.
    let most = 0;
    for (let settled = 0; settled < inside.length;) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, asked - settled);
      // Nobody is let in before as many as may be are asked about.
      const resolve = asked < Math.min(100 + settled, inside.length) ? undefined : waiting.shift();
      resolve?.({ principal: `p${settled++}`, user: undefined });
    }
    expect(most).toBe(100);
    expect(asked).toBe(400);
    const welcomes = await Promise.all(inside.map((peer) => peer.frame()));
    expect(welcomes).toHaveLength(400);
    expect(server.counts.sessions).toBe(400);
    for (const peer of peers) peer.socket.destroy();
    while (server.counts.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(server.counts).toMatchObject({ connections: 0, sessions: 0, detached: 0 });
    await server.close();
  }, 60_000);
});

describe('forged headers', () => {
  const listen = async (trustedProxies: readonly string[]) => {
    const server = createServer({
      anonymous: true,
      services: [],
      trustedProxies,
      limits: { addressBurst: 2, addressRate: 1 },
    });
    const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
    const ask = async (lines: readonly string[]): Promise<number> => {
      const peer = await RawPeer.connect(port);
      const fields = lines.map((line) => `${line}\r\n`).join('');
      peer.socket.write(upgradeRequest().replace('\r\n', `\r\n${fields}`));
      const [, status] = (await peer.answer()).split(' ');
      peer.socket.destroy();
      return Number(status);
    };
    return { server, ask };
  };

  it.each([
    [
      'what the client wrote before its proxy',
      (n: number) => [`x-forwarded-for: 9.9.9.${n}, 198.51.100.1`],
    ],
    [
      'a header that comes twice',
      (n: number) => [`x-forwarded-for: 9.9.9.${n}`, 'x-forwarded-for: 198.51.100.1'],
    ],
    ['another port each time', (n: number) => [`x-forwarded-for: 198.51.100.1:${4_000 + n}`]],
    ['another address of its network', (n: number) => [`x-forwarded-for: 2001:db8::${n}`]],
    ['brackets and ports', (n: number) => [`x-forwarded-for: [2001:db8::7]:${n}`]],
    [
      'IPv4 written as IPv6',
      (n: number) => [
        n % 2 === 0 ? 'x-forwarded-for: ::ffff:198.51.100.1' : 'x-forwarded-for: 198.51.100.1',
      ],
    ],
    [
      'Forwarded beside X-Forwarded-For',
      (n: number) => ['x-forwarded-for: 198.51.100.1', `forwarded: for=9.9.9.${n}`],
    ],
    [
      'Forwarded, whose last element counts',
      (n: number) => [`forwarded: for=9.9.9.${n}, for=198.51.100.1`],
    ],
    [
      'Forwarded that comes twice',
      (n: number) => [`forwarded: for=9.9.9.${n}`, 'forwarded: for=198.51.100.1'],
    ],
  ])('give nobody another place: %s', async (_, linesOf) => {
    const { server, ask } = await listen(['127.0.0.0/8']);
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push(await ask(linesOf(n)));
    expect(statuses).toEqual([101, 101, 429, 429]);
    expect(await ask(['x-forwarded-for: 198.51.100.77'])).toBe(101);
    await server.close();
  });

  it.each([
    ['garbage', ['x-forwarded-for: \u00ff\u00fe;;,,==[[::', 'forwarded: for="[:::]]";;proto=']],
    ['very long', [`x-forwarded-for: ${'a,'.repeat(6_000)}`]],
    ['many', Array.from({ length: 80 }, (_, n) => `x-forwarded-for: 9.9.9.${n}`)],
    ['words of JavaScript', ['x-forwarded-for: __proto__', 'x-forwarded-host: constructor']],
  ])('harm nobody, trusted or not: %s', async (_, lines) => {
    for (const trusted of [[], ['127.0.0.0/8']]) {
      const { server, ask } = await listen(trusted);
      expect(await ask(lines)).toBe(101);
      expect(await ask([])).toBe(101);
      await server.close();
    }
  });

  it('of a peer that is not trusted do not count', async () => {
    const { server, ask } = await listen(['10.0.0.0/8']);
    // Loopback has no limit per address, and 198.51.100.1 would have one.
    for (let n = 0; n < 5; n++) expect(await ask(['x-forwarded-for: 198.51.100.1'])).toBe(101);
    await server.close();
  });
});
