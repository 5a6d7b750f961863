import { describe, expect, it } from 'vitest';
import { canonicalOrigin, createOriginRule } from './origin.js';

describe('canonicalOrigin', () => {
  it.each([
    ['https://example.com', 'https://example.com'],
    ['https://EXAMPLE.com:443', 'https://example.com'],
    ['http://example.com:80', 'http://example.com'],
    ['http://example.com:443', 'http://example.com:443'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['app://localhost', 'app://localhost'],
  ])('gives "%s" as "%s"', (text, origin) => {
    expect(canonicalOrigin(text)).toBe(origin);
  });

  it.each([
    '',
    'null',
    'file://',
    'file:///',
    'https://',
    'https:example.com',
    '//example.com',
    'example.com',
    'https://example.com/',
    'https://example.com/path',
    'https://user@example.com',
    'https://example.com@evil.example',
    'https://example.com\\@evil.example',
    'https://example.com#',
    'https://example.com https://evil.example',
    'https://example.com, https://evil.example',
    'https://example.com:',
    'https://example.com:port',
    'https://example.com:999999',
    `https://${'a.'.repeat(100_000)}com`,
  ])('knows that "%.40s" is none', (text) => {
    expect(canonicalOrigin(text)).toBeUndefined();
  });
});

describe('createOriginRule', () => {
  it.each([
    ['https://app.example', 'https://app.example', true],
    ['https://app.example:443', 'https://app.example', true],
    ['http://app.example', 'https://app.example', false],
    ['https://app.example:8443', 'https://app.example', false],
    ['https://app.example.evil.example', 'https://app.example', false],
    ['https://evil-app.example', 'https://app.example', false],
    ['https://sub.app.example', 'https://app.example', false],
    ['https://app.example.', 'https://app.example', false],
    ['null', 'https://app.example', false],
    ['file://', 'https://app.example', false],
    ['null', undefined, false],
    ['', undefined, false],
  ])('without a list: "%s" at "%s" is allowed: %s', (origin, own, isAllowed) => {
    expect(createOriginRule(undefined)(origin, own)).toBe(isAllowed);
  });

  it.each([
    ['https://example.com', true],
    ['https://a.example.org', true],
    ['https://A.EXAMPLE.org', true],
    ['https://a.b.example.org', false],
    ['https://example.org', false],
    ['https://.example.org', false],
    ['https://evilexample.org', false],
    ['https://a.example.org.evil.example', false],
    ['https://a.example.org:8443', false],
    ['http://a.example.org', false],
    ['https://a.dev.example:8443', true],
    ['https://a.dev.example', false],
    ['https://sub.example.com', false],
    ['https://own.example', true],
    ['http://own.example', false],
    ['null', false],
    ['file://', false],
    ['*', false],
  ])('with a list: "%s" is allowed: %s', (origin, isAllowed) => {
    const isOriginAllowed = createOriginRule([
      'https://Example.com:443',
      'https://*.example.org',
      'https://*.dev.example:8443',
    ]);
    expect(isOriginAllowed(origin, 'https://own.example')).toBe(isAllowed);
  });

  it('allows everything when told "any"', () => {
    expect(createOriginRule('any')('null', undefined)).toBe(true);
  });

  it.each([
    '*',
    'null',
    'example.com',
    'https://*',
    'https://*.com',
    'https://a.*.example.com',
    'https://example.com/',
    'https://*example.com',
  ])('refuses "%s" in a list', (entry) => {
    expect(() => createOriginRule([entry])).toThrow(TypeError);
    expect(() => createOriginRule([entry])).toThrow(`origin "${entry}" is not valid`);
  });
});
