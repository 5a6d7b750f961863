import { describe, expect, it } from 'vitest';
import { TrustedProxies } from './trusted-proxies.js';

const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);

function resolve(peer: string, headers: Record<string, string>) {
  return proxies.resolve({ peer, isEncrypted: false, headers: { host: 'inner', ...headers } });
}

describe('TrustedProxies', () => {
  it.each([
    ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.9', '198.51.100.1'],
    ['10.0.0.1', '198.51.100.1,192.0.2.1 , fd00::5', '198.51.100.1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
    ['10.0.0.1', '1.1.1.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['10.0.0.1', '2001:db8::7', '2001:db8::7'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', ',,,', '10.0.0.1'],
    ['10.0.0.1', `${'1.1.1.1, '.repeat(5_000)}198.51.100.1`, '198.51.100.1'],
    ['10.0.0.1', 'x'.repeat(100_000), '10.0.0.1'],
    ['192.0.2.2', '198.51.100.1', '192.0.2.2'],
    ['', '198.51.100.1', ''],
  ])('peer "%s" with X-Forwarded-For "%.60s" is client "%s"', (peer, chain, client) => {
    expect(resolve(peer, { 'x-forwarded-for': chain }).address).toBe(client);
  });

  it.each([
    ['for=198.51.100.1', '198.51.100.1'],
    ['For="198.51.100.1:80";proto=https', '198.51.100.1'],
    ['for="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['for=1.1.1.1, for=198.51.100.1, for=10.0.0.4', '198.51.100.1'],
    ['for="1.1.1.1, for=198.51.100.1', '198.51.100.1'],
    ['for=_hidden', '10.0.0.1'],
    ['proto=https', '10.0.0.1'],
    [';;==,;', '10.0.0.1'],
  ])('Forwarded "%s" of a trusted peer is client "%s"', (forwarded, client) => {
    expect(resolve('10.0.0.1', { forwarded }).address).toBe(client);
  });

  it('does not read Forwarded beside X-Forwarded-For', () => {
    const headers = { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=1.1.1.1' };
    expect(resolve('10.0.0.1', headers).address).toBe('198.51.100.1');
  });

  it('learns scheme and host from a trusted peer alone', () => {
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' };
    expect(resolve('10.0.0.1', headers)).toMatchObject({ scheme: 'https', host: 'app.example' });
    expect(resolve('203.0.113.7', headers)).toMatchObject({ scheme: 'http', host: 'inner' });
  });

  it('takes scheme and host of Forwarded from the element that names the client', () => {
    const forwarded =
      'for=1.1.1.1;proto=http;host=evil.example, ' +
      'for=198.51.100.1;proto=https;host="app.example:8443", for=10.0.0.2;proto=http;host=inner';
    expect(resolve('10.0.0.1', { forwarded })).toMatchObject({
      scheme: 'https',
      host: 'app.example:8443',
    });
  });

  it('keeps its own scheme for a scheme that it does not know', () => {
    const { scheme } = resolve('10.0.0.1', { 'x-forwarded-proto': 'gopher' });
    expect(scheme).toBe('http');
  });

  it('says when headers of a peer that is not trusted were ignored', () => {
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']) {
      expect(resolve('203.0.113.7', { [name]: 'a' }).isForwardingIgnored).toBe(true);
      expect(resolve('10.0.0.1', { [name]: 'a' }).isForwardingIgnored).toBe(false);
    }
    expect(resolve('203.0.113.7', {}).isForwardingIgnored).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fd00::/129',
    'proxy.example',
    '',
    '10.0.0',
  ])('refuses the network "%s"', (network) => {
    expect(() => new TrustedProxies([network])).toThrow(`trusted proxy "${network}" is not valid`);
  });
});
