import { afterEach, expect, test, vi } from 'vitest';
import { reportError } from './error-hook.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Puts a platform in place of this one, and keeps what it is told. */
function stubPlatform(globals: Record<string, unknown>) {
  const told: unknown[] = [];
  const keep = (how: string) => (error: unknown) => told.push([how, error]);
  const platform = { reportError: keep('reported'), console: { error: keep('printed') } };
  for (const [name, value] of Object.entries({ ...platform, ...globals })) {
    vi.stubGlobal(name, value);
  }
  return told;
}

test('a page is told as of an uncaught error', () => {
  const told = stubPlatform({ process: undefined });
  reportError('x');
  expect(told).toEqual([['reported', 'x']]);
});

test('a process prints it, where reportError would end it', () => {
  const told = stubPlatform({ process: {} });
  reportError('x');
  expect(told).toEqual([['printed', 'x']]);
});

test('a platform without reportError prints it', () => {
  const told = stubPlatform({ process: undefined, reportError: undefined });
  reportError('x');
  expect(told).toEqual([['printed', 'x']]);
});

test('a platform without any of it is left alone', () => {
  const told = stubPlatform({ process: undefined, reportError: undefined, console: undefined });
  reportError('x');
  expect(told).toEqual([]);
});
