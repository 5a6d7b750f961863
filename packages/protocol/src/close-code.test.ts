import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, closeCodeOf, reactionTo, type CloseCode } from './close-code.js';
import { VIOLATIONS, Violation, type ViolationName } from './violation.js';

describe('closeCodeOf', () => {
  it('finds every code of the table, and each number once', () => {
    const names = Object.keys(CLOSE_CODES) as CloseCode[];
    expect(names.map((name) => closeCodeOf(CLOSE_CODES[name].code))).toEqual(names);
  });

  it.each([0, 1002, 1005, 1006, 1011, 1012, 3000, 4000, 4499, 65_535, Number.NaN])(
    'does not know %d',
    (code) => {
      expect(closeCodeOf(code)).toBeUndefined();
    },
  );
});

describe('reactionTo', () => {
  it.each([
    [1000, 'stop'],
    [1001, 'retry'],
    [1006, 'retry'],
    [1008, 'retry'],
    [1009, 'stop'],
    [1011, 'retry'],
    [4400, 'stop'],
    [4401, 'new-token'],
    [4403, 'stop'],
    [4406, 'stop'],
    [4408, 'retry'],
    [4409, 'stop'],
    [4410, 'retry'],
    [4412, 'retry'],
    [4429, 'retry-after'],
    [4503, 'retry-after'],
    [4508, 'retry'],
    [4999, 'retry'],
  ])('says what a client does after %i', (code, reaction) => {
    expect(reactionTo(code)).toBe(reaction);
  });
});

describe('Violation', () => {
  it.each(Object.keys(VIOLATIONS) as ViolationName[])(
    '%s has a code and a reason to send',
    (name) => {
      const violation = new Violation(name);
      expect(CLOSE_CODES).toHaveProperty(violation.code);
      expect(violation.reason).toMatch(/^[\x20-\x7e]{1,123}$/);
    },
  );

  it('gives milliseconds as the reason exactly where a client waits for them', () => {
    for (const [code, reason] of Object.values(VIOLATIONS)) {
      expect(/^\d+$/.test(reason)).toBe(CLOSE_CODES[code].reaction === 'retry-after');
    }
  });
});
