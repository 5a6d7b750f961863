import { describe, expect, test } from 'vitest';
import { unreachableHints } from './unreachable-hints.js';

const TEXTS = { certificate: 'certificate', origin: 'origin of this page', wss: 'use wss:' };

function hintsFor(url: string, page: string | undefined): string[] {
  const text = unreachableHints(url, page).join('\n');
  return Object.entries(TEXTS).flatMap(([name, words]) => (text.includes(words) ? [name] : []));
}

describe('the hints for who cannot reach a server', () => {
  test.each([
    ['ws://test', undefined, []],
    ['ws://test', 'http:', ['origin']],
    ['ws://test', 'https:', ['origin', 'wss']],
    ['wss://test', undefined, ['certificate']],
    ['wss://test', 'https:', ['certificate', 'origin']],
  ])('are those that apply to %s from %s', (url, page, hints) => {
    expect(hintsFor(url, page)).toEqual(hints);
  });

  test('name the address and the proxies in any case', () => {
    const [first, second] = unreachableHints('ws://test/x', undefined);
    expect(first).toContain('"ws://test/x"');
    expect(second).toContain('proxy');
  });
});
