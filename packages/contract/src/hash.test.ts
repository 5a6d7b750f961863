import { describe, expect, it } from 'vitest';
import { hashText } from './hash.js';

const PRIME = 0x100000001b3n;
const MASK = 0xffff_ffff_ffff_ffffn;

function referenceHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  return hash.toString(16).padStart(16, '0');
}

describe('hashText', () => {
  it.each([
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['foobar', '85944171f73967e8'],
    ['chongo was here!\n', '46810940eff5f915'],
  ])('gives the published FNV-1a value of %j', (text, hash) => {
    expect(hashText(text)).toBe(hash);
  });

  it.each([
    'naïve',
    '中文',
    '😀 and 𝄞',
    'lone \ud800 surrogate',
    'tail \udfff',
    '\u0000\u007f\u0080\u07ff\u0800\uffff',
    'x'.repeat(10_000),
  ])('agrees with exact arithmetic over the UTF-8 bytes (%#)', (text) => {
    expect(hashText(text)).toBe(referenceHash(text));
  });

  it('always gives 16 hexadecimal digits', () => {
    for (let count = 0; count < 2_000; count++) {
      expect(hashText(`member${count}`)).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('tells 20,000 similar texts apart', () => {
    const hashes = new Set(Array.from({ length: 20_000 }, (_, index) => hashText(`m.${index}`)));
    expect(hashes.size).toBe(20_000);
  });
});
