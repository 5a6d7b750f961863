import { describe, expect, it } from 'vitest';
import { valueJson, valueText } from './value-text.js';

const SHORT = { full: false, unmask: false };
const FULL = { full: true, unmask: false };

describe('valueText', () => {
  it('writes every kind of value on one line', () => {
    const value = {
      text: 'a\nb',
      n: 12n,
      at: new Date(0),
      of: new Map<unknown, unknown>([['a', new Set([1])]]),
      bytes: new Uint8Array([202, 254]),
      url: new URL('https://example.com/'),
      none: undefined,
    };
    expect(valueText(value, SHORT)).toBe(
      "{ text: 'a\\nb', n: 12n, at: 1970-01-01T00:00:00.000Z, of: Map(1) { 'a' => Set(1) { 1 } }, " +
        'bytes: <2 bytes cafe>, url: URL "https://example.com/", none: undefined }',
    );
  });

  it('shows the first parts of what is long, and all of it in full', () => {
    const value = Array.from({ length: 1_000 }, (_, index) => index);
    expect(valueText(value, SHORT)).toMatch(/ 22, 23, … 976 more \]$/);
    expect(valueText(value, FULL)).toMatch(/ 999 \]$/);
    expect(valueText(new Uint8Array(100), SHORT)).toMatch(/^<100 bytes 0{48}…>$/);
    expect(valueText('x'.repeat(1_000), SHORT).length).toBeLessThan(250);
    expect(valueText('x'.repeat(1_000), FULL)).toHaveLength(1_002);
  });

  const secrets = [
    'password',
    'Password',
    'accessToken',
    'api_key',
    'apiKey',
    'clientSecret',
    'pin',
  ];

  it.each(secrets)('hides %s at any depth, unless it is told otherwise', (name) => {
    const value = [{ of: new Map([['x', { [name]: 'hunter2' }]]) }];
    for (const options of [SHORT, FULL]) {
      expect(valueText(value, options)).toContain(`${name}: (hidden)`);
      expect(JSON.stringify(valueJson(value, options))).not.toContain('hunter2');
      expect(valueText(value, { ...options, unmask: true })).toContain('hunter2');
    }
  });

  it('hides what stands under such a key of a map', () => {
    const value = new Map([['password', 'hunter2']]);
    for (const options of [SHORT, FULL]) {
      expect(valueText(value, options)).toBe("Map(1) { 'password' => (hidden) }");
      expect(valueJson(value, options)).toEqual({ $map: [['password', '(hidden)']] });
      expect(valueText(value, { ...options, unmask: true })).toContain('hunter2');
    }
  });

  it.each(['pinned', 'tokens', 'passwordless', 'author'])('shows %s', (name) => {
    expect(valueText({ [name]: 'shown' }, SHORT)).toContain('shown');
  });
});

describe('valueJson', () => {
  it('says in objects what JSON cannot say', () => {
    const value = [undefined, 1n, NaN, -0, new Date(0), new Uint8Array([1]), new Set([1]), null];
    expect(valueJson(value, SHORT)).toEqual([
      { $undefined: true },
      { $bigint: '1' },
      { $number: 'NaN' },
      { $number: '-0' },
      { $date: '1970-01-01T00:00:00.000Z' },
      { $binary: '01' },
      { $set: [1] },
      null,
    ]);
  });
});
