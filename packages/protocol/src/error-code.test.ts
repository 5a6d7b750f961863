import { describe, expect, it } from 'vitest';
import { ERROR_CODES, isErrorCode } from './error-code.js';

describe('isErrorCode', () => {
  it('knows every code of the table', () => {
    expect(Object.keys(ERROR_CODES).every(isErrorCode)).toBe(true);
  });

  it.each(['ROOM_CLOSED', 'internal', '', 'constructor', 'toString', '__proto__'])(
    'does not know "%s"',
    (code) => {
      expect(isErrorCode(code)).toBe(false);
    },
  );

  it('has codes that fit the grammar of the wire', () => {
    for (const code of Object.keys(ERROR_CODES)) expect(code).toMatch(/^[A-Z][A-Z0-9_]{0,63}$/);
  });
});
