import { utf8Encoder } from '../../bytes/text.js';
import { varintSize } from '../../bytes/writer.js';
import { roomFor } from './slab.js';

/** Below this, a loop is faster than the call of an encoder. */
const SHORT_TEXT = 32;
/** Where texts of a few kilobytes are encoded, before their size is known. */
const TEXTS = new Uint8Array(12_288);
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Gives a packed value in bytes of its own: the run of its texts before the bytes of `body`. Of
 * these it takes as many as `end` says. It is `undefined` for a lone surrogate in the run.
 */
export function joinRun(text: string, body: Uint8Array, end: number): Uint8Array | undefined {
  const { length } = text;
  const isMiddling = length > SHORT_TEXT && length * 3 <= TEXTS.length;
  const out = isMiddling ? joinMiddling(text, end) : (joinAscii(text, end) ?? joinAny(text, end));
  if (out === undefined) return undefined;
  const at = out.length - end;
  if (end > SHORT_TEXT) out.set(body.subarray(0, end), at);
  else for (let index = 0; index < end; index++) out[at + index] = body[index] as number;
  return out;
}

/** Asks the runtime where it can: it need not look at texts of Latin letters. */
export function isWellFormed(text: string): boolean {
  const { isWellFormed: ask } = text as { isWellFormed?: () => boolean };
  return ask === undefined ? !LONE_SURROGATE.test(text) : ask.call(text);
}

function joinMiddling(text: string, end: number): Uint8Array | undefined {
  const { written } = utf8Encoder.encodeInto(text, TEXTS);
  // Any character beyond ASCII takes more bytes than units.
  if (written !== text.length && !isWellFormed(text)) return undefined;
  const out = roomBehind(written, end);
  out.set(TEXTS.subarray(0, written), putSize(out, written));
  return out;
}

/** Gives `undefined` for a character beyond ASCII, which does not fit. */
function joinAscii(text: string, end: number): Uint8Array | undefined {
  const { length } = text;
  const out = roomBehind(length, end);
  const from = putSize(out, length);
  if (length > SHORT_TEXT) {
    const { read } = utf8Encoder.encodeInto(text, out.subarray(from, from + length));
    return read < length ? undefined : out;
  }
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return undefined;
    out[from + index] = unit;
  }
  return out;
}

function joinAny(text: string, end: number): Uint8Array | undefined {
  if (!isWellFormed(text)) return undefined;
  const bytes = utf8Encoder.encode(text);
  const out = roomBehind(bytes.length, end);
  out.set(bytes, putSize(out, bytes.length));
  return out;
}

function roomBehind(size: number, end: number): Uint8Array {
  return roomFor(varintSize(size) + size + end);
}

/** Puts the size of the run first, and gives where the run is. */
function putSize(out: Uint8Array, size: number): number {
  let rest = size;
  let at = 0;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out[at++] = (rest & 127) | 128;
  out[at++] = rest;
  return at;
}
