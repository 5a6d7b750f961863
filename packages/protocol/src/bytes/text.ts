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
