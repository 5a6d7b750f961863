/** The part of the Encoding standard that is used; every runtime has it as globals. */
interface EncodingGlobals {
  TextEncoder: new () => {
    encode(text: string): Uint8Array;
    encodeInto(text: string, target: Uint8Array): { read: number; written: number };
  };
  TextDecoder: new (
    label: string,
    options: { fatal: boolean; ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
}

const { TextEncoder, TextDecoder } = globalThis as unknown as EncodingGlobals;

/** Text to UTF-8; lone surrogates become U+FFFD, so check before where that matters. */
export const utf8Encoder = new TextEncoder();

/** UTF-8 to text; throws a TypeError on malformed bytes, and keeps a byte order mark. */
export const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Counts the bytes of a text in UTF-8. The text has no lone surrogates. */
export function utf8Size(text: string): number {
  let size = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A pair of surrogates takes four bytes, so each half of it two.
    size += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return size;
}
