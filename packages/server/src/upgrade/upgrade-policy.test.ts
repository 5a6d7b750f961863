import { SPOKEN } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { createOriginRule } from './origin.js';
import type { ClientRoute } from './trusted-proxies.js';
import { decideUpgrade, type UpgradePolicy } from './upgrade-policy.js';

const HEADERS = {
  host: 'app.example',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'trunkline.v1.superjson',
};

const CLIENT: ClientRoute = {
  address: '203.0.113.7',
  scheme: 'https',
  host: 'app.example',
  isForwardingIgnored: false,
};

const SAME_HOST: UpgradePolicy = {
  spoken: SPOKEN,
  offered: { names: 8, bytes: 256 },
  isOriginAllowed: createOriginRule(undefined),
  cookies: false,
};

function decide(headers: Record<string, string | string[] | undefined>, policy = SAME_HOST) {
  const request = { method: 'GET', url: '/a?b=c', headers: { ...HEADERS, ...headers } };
  return decideUpgrade({ ...request, client: CLIENT }, policy);
}

function statusOf(headers: Record<string, string | string[] | undefined>) {
  const decision = decide(headers);
  return decision.outcome === 'refuse' ? decision.refusal.status : decision.outcome;
}

describe('decideUpgrade', () => {
  it.each([
    [{ upgrade: undefined }, 400],
    [{ upgrade: 'h2c' }, 400],
    [{ upgrade: 'WebSocket' }, 'accept'],
    [{ upgrade: 'w'.repeat(1_000_000) }, 400],
    [{ 'sec-websocket-key': undefined }, 400],
    [{ 'sec-websocket-key': 'short' }, 400],
    [{ 'sec-websocket-key': 'a'.repeat(1_000_000) }, 400],
    [{ 'sec-websocket-version': undefined }, 426],
    [{ 'sec-websocket-version': '8' }, 426],
    [{ 'sec-websocket-version': '13, 8' }, 426],
    [{ 'sec-websocket-version': ' 13' }, 426],
    [{ 'sec-websocket-protocol': undefined }, 400],
    [{ 'sec-websocket-protocol': 'graphql-ws' }, 400],
    [{ 'sec-websocket-protocol': ','.repeat(1_000_000) }, 400],
    [{ 'sec-websocket-protocol': 'a, b, trunkline.v1.superjson' }, 'accept'],
    [{ 'sec-websocket-protocol': 'trunkline.v9.packed, trunkline' }, 'close'],
    [{ 'sec-websocket-protocol': ['trunkline'] }, 400],
  ])('answers %.80j with %s', (headers, answer) => {
    expect(statusOf(headers)).toBe(answer);
  });

  it('takes nothing but GET', () => {
    const request = { url: '/', headers: HEADERS, client: CLIENT };
    for (const method of ['POST', 'HEAD', undefined]) {
      expect(decideUpgrade({ ...request, method }, SAME_HOST)).toMatchObject({
        refusal: { status: 405 },
      });
    }
  });

  it('explains which versions are spoken when only the bare name fits', () => {
    expect(decide({ 'sec-websocket-protocol': 'trunkline' })).toEqual({
      outcome: 'close',
      close: { code: 'VERSION', reason: 'trunkline.v1.packed trunkline.v1.superjson' },
    });
  });

  it('closes for a foreign origin, before versions are explained', () => {
    const headers = { origin: 'https://evil.example', 'sec-websocket-protocol': 'trunkline' };
    expect(decide(headers)).toEqual({
      outcome: 'close',
      close: { code: 'REFUSED', reason: 'origin not allowed' },
    });
  });

  it('compares the origin with the scheme and host by which the client came', () => {
    expect(decide({ origin: 'https://app.example' }).outcome).toBe('accept');
    expect(decide({ origin: 'http://app.example' }).outcome).toBe('close');
    expect(decide({ origin: 'https://app.example, https://evil.example' }).outcome).toBe('close');
  });

  it('wants an origin only where cookies are passed on', () => {
    expect(decide({}).outcome).toBe('accept');
    expect(decide({}, { ...SAME_HOST, cookies: true })).toEqual({
      outcome: 'close',
      close: { code: 'REFUSED', reason: 'origin missing' },
    });
  });

  it('gives what handlers may know of a connection', () => {
    expect(decide({ origin: 'https://app.example', 'x-team': 'blue', cookie: 'a=1' })).toEqual({
      outcome: 'accept',
      info: {
        remoteAddress: '203.0.113.7',
        origin: 'https://app.example',
        url: '/a?b=c',
        headers: { ...HEADERS, origin: 'https://app.example', 'x-team': 'blue' },
      },
      takesPacked: false,
    });
  });

  it('passes the cookie header on when told to', () => {
    const headers = { origin: 'https://app.example', cookie: 'a=1' };
    const decision = decide(headers, { ...SAME_HOST, cookies: true });
    expect(decision).toMatchObject({ info: { headers: { cookie: 'a=1' } } });
  });

  it('keeps headers apart from the members of objects', () => {
    const headers = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
    const decision = decideUpgrade(
      { method: 'GET', url: '/', headers: Object.assign(headers, HEADERS), client: CLIENT },
      SAME_HOST,
    );
    if (decision.outcome !== 'accept') throw new Error(decision.outcome);
    expect(Object.getPrototypeOf(decision.info.headers)).toBeNull();
    expect(decision.info.headers['constructor']).toBe('y');
    expect(decision.info.headers['toString']).toBeUndefined();
  });
});
