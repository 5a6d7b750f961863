import { describe, expect, it } from 'vitest';
import {
  CLIENT_DECODE_LIMITS,
  DECODE_LIMITS,
  resolveLimits,
  SERVER_DECODE_LIMITS,
  WIRE_LIMITS,
} from './limits.js';

describe('resolveLimits', () => {
  it('gives the defaults', () => {
    expect(resolveLimits(DECODE_LIMITS)).toEqual({
      depth: 64,
      values: 50_000,
      keys: 1_000,
      keyBytes: 256,
      entries: 10_000,
      numericEntries: 2_500,
      annotations: 1_000,
      pathSteps: 64,
      binaries: 16,
      bigintDigits: 1_024,
      urlBytes: 2_048,
    });
  });

  it('replaces what is given, and nothing that is given as undefined', () => {
    const overrides = { depth: 3, keys: 0, values: undefined } as object;
    const limits = resolveLimits(DECODE_LIMITS, overrides);
    expect(limits).toEqual({ ...SERVER_DECODE_LIMITS, depth: 3, keys: 0 });
  });

  it('names the limit that is nearest to an unknown one', () => {
    expect(() => resolveLimits(DECODE_LIMITS, { dept: 1 } as object)).toThrow(
      new TypeError('unknown limit "dept": did you mean "depth"?'),
    );
  });

  it.each(['size', 'constructor', '__proto__x'])('refuses the unknown limit "%s"', (name) => {
    const overrides = { [name]: 1 } as object;
    expect(() => resolveLimits(DECODE_LIMITS, overrides)).toThrow(
      new TypeError(`unknown limit "${name}": expected ${Object.keys(DECODE_LIMITS).join(', ')}`),
    );
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses %d', (depth) => {
    expect(() => resolveLimits(DECODE_LIMITS, { depth })).toThrow(TypeError);
  });

  it('lets a client read more values than a server', () => {
    expect(CLIENT_DECODE_LIMITS).toEqual({
      ...SERVER_DECODE_LIMITS,
      values: 1_000_000,
      numericEntries: 10_000,
    });
  });
});

describe('limit tables', () => {
  it('say of each limit its unit, scope, excess and reason', () => {
    for (const entry of [...Object.values(WIRE_LIMITS), ...Object.values(DECODE_LIMITS)]) {
      expect(Number.isSafeInteger(entry.value)).toBe(true);
      for (const text of [entry.unit, entry.scope, entry.onExcess, entry.reason]) {
        expect(text).toMatch(/^\S.*[^.]$/);
      }
    }
  });

  it('keep numbers unambiguous: fewer un-acknowledged messages than half of 16 bits', () => {
    expect(WIRE_LIMITS.unackedMessages.value).toBeLessThan(0x8000);
  });
});
