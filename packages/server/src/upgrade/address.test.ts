import { describe, expect, it } from 'vitest';
import { addressGroup, isLocalAddress, plainAddress } from './address.js';

describe('plainAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['2001:DB8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
  ])('gives "%s" as "%s"', (text, address) => {
    expect(plainAddress(text)).toBe(address);
  });

  it.each(['', 'unknown', '_hidden', '1.2.3', '1.2.3.4:80', '[::1]', '1'.repeat(100_000), ':::'])(
    'knows that "%.20s" is none',
    (text) => {
      expect(plainAddress(text)).toBeUndefined();
    },
  );
});

describe('addressGroup', () => {
  it('is an IPv4 address itself', () => {
    expect(addressGroup('203.0.113.7')).toBe('203.0.113.7');
  });

  it('is the same for all addresses of one /64, however they are written', () => {
    const group = addressGroup('2001:db8:0:1::1');
    expect(addressGroup('2001:db8::1:ffff:0:0:1')).toBe(group);
    expect(addressGroup('2001:0db8:0000:0001:aaaa:bbbb:cccc:dddd')).toBe(group);
    expect(addressGroup('2001:db8:0:2::1')).not.toBe(group);
  });
});

describe('isLocalAddress', () => {
  it.each([
    '',
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.1.1',
    '172.31.255.255',
  ])('takes "%s" for local', (address) => {
    expect(isLocalAddress(address)).toBe(true);
  });

  it.each(['192.168.0.1', '::1', 'fd00::1', 'fe80::1'])('takes "%s" for local', (address) => {
    expect(isLocalAddress(address)).toBe(true);
  });

  it.each([
    '126.255.255.255',
    '128.0.0.1',
    '11.0.0.1',
    '100.63.255.255',
    '169.253.255.255',
    '172.15.255.255',
    '192.169.0.1',
    '::2',
    '1::1',
    'fbff::1',
    'fec0::1',
  ])('takes "%s", beside what is local, for public', (address) => {
    expect(isLocalAddress(address)).toBe(false);
  });

  it.each(['203.0.113.7', '172.32.0.1', '100.128.0.1', '2001:db8::1', '8.8.8.8'])(
    'takes "%s" for public',
    (address) => {
      expect(isLocalAddress(address)).toBe(false);
    },
  );
});
