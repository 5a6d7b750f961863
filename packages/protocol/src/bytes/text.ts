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

type Slice = (this: Uint8Array, from: number, to: number) => string;

const slice = findSlice();

/** Reads UTF-8; throws a TypeError on malformed bytes, and keeps a byte order mark. */
export function readUtf8(source: Uint8Array, from: number, size: number): string {
  const text = slice?.call(source, from, from + size);
  // Malformed bytes become U+FFFD there, which few texts have.
  if (text !== undefined && !text.includes('\ufffd')) return text;
  // `subarray` of a Buffer of Node is slow.
  return utf8Decoder.decode(new Uint8Array(source.buffer, source.byteOffset + from, size));
}

/** Node has a function that reads a part of bytes without a view of it. */
function findSlice(): Slice | undefined {
  const { Buffer } = globalThis as { Buffer?: { prototype?: { utf8Slice?: Slice } } };
  try {
    const found = Buffer?.prototype?.utf8Slice;
    return found?.call(Uint8Array.of(97, 98, 99), 1, 3) === 'bc' ? found : undefined;
  } catch {
    return undefined;
  }
}

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
