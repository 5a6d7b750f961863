import { describe, expect, it } from 'vitest';
import { utf8Encoder, utf8Size } from './text.js';

describe('utf8Size', () => {
  it.each(['', 'a', '\u007f', '\u0080', '\u07ff', '\u0800', '\uffff', '😀', 'aé中😀z'])(
    'counts the bytes of %j',
    (text) => {
      expect(utf8Size(text)).toBe(utf8Encoder.encode(text).length);
    },
  );
});
